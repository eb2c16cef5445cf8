"""Reads what is printed on an upright card. Importing it loads nothing but this; see `cards.read`."""

"""Synthetic cards, photos of them with known truth, hostile files, and the figures that are measured with them."""

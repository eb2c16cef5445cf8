"""Banli: forms and step flows from YAML. The public names, for plugin authors, are in `banli.hooks`."""

__version__ = "0.1.0"

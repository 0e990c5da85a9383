"""Wuse (五色): five-colour maps of a community's management blocks from drone orthophotos."""

__version__ = "0.1.0"

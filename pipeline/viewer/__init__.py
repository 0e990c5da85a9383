"""The page: templates, scripts and styles, as package data."""

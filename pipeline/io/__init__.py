"""The only code that opens imagery and tables."""

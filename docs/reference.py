"""Writes the generated pages of the documentation: ``python docs/reference.py``."""

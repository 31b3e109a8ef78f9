"""Directories and archives to hashed files; path patterns."""

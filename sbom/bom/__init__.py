"""The format-neutral BOM: components, files, relationships, and which component owns a file."""

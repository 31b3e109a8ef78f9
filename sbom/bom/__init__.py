"""The format-neutral BOM: components, files, relationships, and which file belongs to which component."""

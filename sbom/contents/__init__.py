"""Folders and archives of shipped files to the names, sizes and digests of what they hold."""

"""A .tar.gz as it is served to what is known of it, in one pass and never unpacked to disk."""

"""get_externals.bat: what it fetches, and under which conditions."""

"""A CPython checkout: what it states, vendors and compiles."""

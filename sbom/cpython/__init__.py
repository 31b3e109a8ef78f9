"""A CPython source tree: what its files state, held against each other and the manifest."""

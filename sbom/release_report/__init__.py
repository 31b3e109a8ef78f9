"""One HTML page about a release, for people: what ships it, where it is from, what changed.

``rows`` has the values that the page shows, ``composition`` makes them of a BOM and the
index of its release, ``page`` writes them as HTML. The templates know no format and read no file.
"""

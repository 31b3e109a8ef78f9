"""Evidence: what the bytes of a shipped binary say of the components in it, and what that means.

``rule`` is what people write of it, ``pe`` and ``search`` read it out of a file, ``verdicts``
hold it against what is claimed, and ``identify`` asks it what a folder was built from.
"""

"""Evidence: what the bytes of a shipped binary say of it, and of the components in it.

``rule`` is what people write of it, ``pe`` and ``search`` read it out of a file, and ``binary``
is what comes out. ``sbom.examining`` holds that against what is claimed.
"""

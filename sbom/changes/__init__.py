"""What changed from one BOM, or one manifest, to another, grouped by component.

``change`` has the values; ``boms`` and ``manifests`` find the changes of two of a kind, by means
of ``components`` and ``files``; the ``render_*`` modules write them for people and programs.
"""

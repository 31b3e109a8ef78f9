"""The artifacts of a release to one BOM and its slices; published directories."""

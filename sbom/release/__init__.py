"""Artifacts of a release to one document for all channels, and the slices cut from it."""

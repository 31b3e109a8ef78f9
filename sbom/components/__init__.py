"""The manifest to components: versions, identifiers, provenance, where each ships."""

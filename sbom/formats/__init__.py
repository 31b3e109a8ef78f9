"""BOM to bytes and back, one module per format."""

"""Diagnostics of the manifest, the script, a source tree and an externals directory."""

"""Shipped files compared with an SBOM, the manifest or a script; identification."""

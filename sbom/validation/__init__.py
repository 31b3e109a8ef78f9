"""SBOM documents compared with outside validators and this project's invariants."""

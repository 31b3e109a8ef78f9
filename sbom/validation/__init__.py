"""SBOM documents against outside validators and this project's own invariants."""

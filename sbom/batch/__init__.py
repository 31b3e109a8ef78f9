"""Batch files read the way cmd reads them; nothing in here knows what an external is."""

from sbom.batch.interpreter import Run, World, run
from sbom.batch.program import Program
from sbom.batch.state import Command, Outcome

__all__ = ["Command", "Outcome", "Program", "Run", "World", "run"]

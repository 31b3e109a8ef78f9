"""Batch files read the way cmd reads them; nothing in here knows what an external is."""

from sbom.batch.interpreter import CommandHandler, Run, run
from sbom.batch.program import Program
from sbom.batch.state import Command, CommandResult

__all__ = ["Command", "CommandHandler", "CommandResult", "Program", "Run", "run"]

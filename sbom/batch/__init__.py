"""Batch files run as cmd runs them, without doing any of it; knows nothing of externals.

``lexing`` and ``syntax`` parse commands to ``nodes``, ``program`` keeps a script's lines and what
they were parsed to, ``state`` is what a run changes, ``evaluation`` expands percent expressions and
tests them, ``arithmetic`` is ``set /a``, ``text_search`` is ``findstr``, ``pipe`` lets it read what
``echo`` prints, ``internal_commands`` are cmd's own, ``interpreter`` runs it all.

Supported is what a get_externals.bat uses. In 171 versions of that script and 155 of its
predecessors (Tools/buildbot/external*.bat) none has ``%NAME:~0,3%``, ``%NAME:old=new%``, delayed
expansion, ``for /F`` or ``for /L``: these are reported as unsupported.
"""

from sbom.batch.evaluation import Comparison
from sbom.batch.interpreter import (
    NOT_RECOGNIZED,
    CommandHandler,
    ProgramRun,
    run_program,
    starts_program,
)
from sbom.batch.nodes import CommandKey, TestKey
from sbom.batch.program import Program
from sbom.batch.state import Command, CommandResult

__all__ = [
    "NOT_RECOGNIZED",
    "Command",
    "CommandHandler",
    "CommandKey",
    "CommandResult",
    "Comparison",
    "Program",
    "ProgramRun",
    "TestKey",
    "run_program",
    "starts_program",
]

"""Runs a batch file as cmd would, without doing any of it.

What programs do is asked of a ``CommandHandler``; each command with an effect is recorded and
never carried out. What cannot be simulated becomes a diagnostic with its line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from sbom.batch.evaluation import Comparison, Evaluator, Frame
from sbom.batch.internal_commands import INTERNAL_COMMANDS, NO_EFFECT, endlocal
from sbom.batch.nodes import Block, Chain, CommandKey, For, If, Node, Simple, simple_commands
from sbom.batch.pipe import SEARCH_HINT, Pipe, is_search
from sbom.batch.program import Program
from sbom.batch.state import SCRIPT, Command, CommandResult, State, parse_number, split_items
from sbom.diagnostics import Diagnostic, SbomError
from sbom.diagnostics.script_messages import batch_limit, batch_syntax, stray_parenthesis

#: How deep calls and blocks may be nested while running.
_DEPTH = 100
#: What asking the handler about a program costs, beside what an internal command does.
_LAUNCH_COST = 100
#: What cmd leaves in ERRORLEVEL for a name that is not a program.
NOT_RECOGNIZED = 9009

_BLANKS = " \t,;="
_COMMAND = re.compile(r"[a-z]+(?=[\s,;=./\\:(\[+\"]|$)", re.IGNORECASE)
#: Variables that cmd computes anew at each use, so that no run can know them.
_VOLATILE = re.compile(r"%(?:CMDCMDLINE|DATE|HIGHESTNUMANODENUMBER|RANDOM|TIME)[%:]", re.IGNORECASE)

#: Returns what a program would do, or None if that cannot be determined.
CommandHandler = Callable[[Command], CommandResult | None]


class Goto(Exception):  # noqa: N818 - a jump, not an error
    """Go to a label of the file."""

    def __init__(self, label: str, line: int) -> None:
        self.label = label
        self.line = line


class ExitScript(Exception):  # noqa: N818 - a jump, not an error
    """Leave the subroutine or file; with ``is_whole``, all of the script."""

    def __init__(self, *, is_whole: bool) -> None:
        self.is_whole = is_whole


@dataclass(frozen=True, slots=True)
class ProgramRun:
    """What one run of a program did.

    ``comparisons`` are what its ``if`` commands compared, ``variables`` the upper-case names of the
    environment variables it read before it set them, ``executed`` what tells the commands that ran
    from the others of the file. ``is_hidden_asked_for`` is set where a test asked for a path that
    is hidden.
    """

    status: int
    commands: tuple[Command, ...]
    diagnostics: tuple[Diagnostic, ...]
    comparisons: frozenset[Comparison]
    variables: frozenset[str]
    executed: frozenset[CommandKey]
    is_hidden_asked_for: bool


def run_program(
    program: Program,
    handler: CommandHandler,
    arguments: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> ProgramRun:
    """Run a program and return what it did.

    Raises SbomError if cmd itself would stop with a syntax error, and where the script
    does not come to an end.
    """
    interpreter = _Interpreter(program, handler, environment or {})
    status = interpreter.run_file(arguments)
    return ProgramRun(
        status,
        tuple(interpreter.state.commands),
        tuple(interpreter.state.diagnostics),
        frozenset(interpreter.evaluator.comparisons),
        frozenset(interpreter.state.variables.inherited),
        frozenset(interpreter.state.executed),
        interpreter.state.disk.is_hidden_asked_for,
    )


class _Interpreter:
    def __init__(
        self, program: Program, handler: CommandHandler, environment: Mapping[str, str]
    ) -> None:
        self.program = program
        self.handler = handler
        self.state = State(program, environment)
        self.evaluator = Evaluator(self.state)
        self.frames = self.evaluator.frames
        self.depth = 0

    # Control: frames, lines, jumps.

    def run_file(self, arguments: Sequence[str]) -> int:
        quoted = [f'"{word}"' if re.search(r"[\s,;=]", word) else word for word in arguments]
        with suppress(ExitScript):
            self.run_frame(Frame([SCRIPT, *quoted], " ".join(quoted)))
        return self.state.errorlevel

    def run_frame(self, frame: Frame) -> None:
        """Run lines until the file ends or something leaves it."""
        open_scopes = len(self.state.scopes)
        self.frames.append(frame)
        try:
            while frame.index < len(self.program.lines):
                try:
                    self.run_line(frame)
                except Goto as jump:
                    if jump.label.lower() == ":eof":
                        break
                    frame.index = self.find_label(jump, frame.index)
        except ExitScript as leave:
            if leave.is_whole:
                raise
        finally:
            self.frames.pop()
            while len(self.state.scopes) > open_scopes:
                endlocal(self.state)

    def run_line(self, frame: Frame) -> None:
        """Run the command that starts at a frame's line, which may be of several lines."""
        first = frame.index
        node, frame.index = self.program.read_command(first, self.expand_line)
        if node is not None:
            self.refuse_volatile(node, first, frame.index)
            self.execute(node, {})

    def expand_line(self, index: int) -> str:
        self.state.charge(0, index + 1)
        return self.evaluator.expand_percent(self.program.lines[index], index + 1)

    def refuse_volatile(self, node: Node, first: int, end: int) -> None:
        """Report variables such as %TIME% unless the line only prints them."""
        if isinstance(node, Simple) and re.match(r"(echo|title)\b", node.text, re.IGNORECASE):
            return
        for index in range(first, end):
            if found := _VOLATILE.search(self.program.lines[index]):
                message = f"cannot determine the value of {found[0].rstrip(':')}"
                self.state.report_unsupported(index + 1, message)

    def find_label(self, jump: Goto, start: int) -> int:
        label = jump.label.removeprefix(":")
        found = self.program.find_label(label, start)
        if found is None:
            message = f"the label :{label} does not exist" if label else "goto names no label"
            raise SbomError([batch_syntax(self.program.file, jump.line, message)])
        return found

    # Commands. Each returns the status that && and || look at.

    def execute(self, node: Node, items: Mapping[str, str]) -> int:
        self.state.charge(0, node.line)
        with self.nested(node.line):
            match node:
                case Simple():
                    text = self.evaluator.expand_loop(node.text, items, node.line)
                    self.state.number = node.number
                    self.state.executed.add(node.key)
                    return self.run_simple(text, node.line)
                case Block():
                    return self.run_block(node, items)
                case Chain():
                    return self.run_chain(node, items)
                case If():
                    return self.run_if(node, items)
                case For():
                    return self.run_for(node, items)

    @contextmanager
    def nested(self, line: int) -> Iterator[None]:
        """Count how deep calls and blocks are nested."""
        self.depth += 1
        if self.depth > _DEPTH:
            message = f"more than {_DEPTH} calls and blocks are nested"
            hint = "fix the call that repeats without end"
            raise SbomError([batch_limit(self.program.file, line, message, hint)])
        try:
            yield
        finally:
            self.depth -= 1

    def run_block(self, node: Block, items: Mapping[str, str]) -> int:
        status = 0
        for part in node.body:
            status = self.execute(part, items)
        return status

    def run_chain(self, node: Chain, items: Mapping[str, str]) -> int:
        if node.operator == "|":
            return self.run_pipe(node, items)
        status = self.execute(node.parts[0], items)
        for part in node.parts[1:]:
            if (node.operator == "&&" and status) or (node.operator == "||" and not status):
                continue
            status = self.execute(part, items)
        return status

    def run_pipe(self, node: Chain, items: Mapping[str, str]) -> int:
        """Run commands of which each reads what the one before it prints."""
        status = 0
        pipe = Pipe(self.evaluator)
        for part in node.parts:
            text = ""
            if isinstance(part, Simple):
                text = self.evaluator.expand_loop(part.text, items, part.line).lstrip(" \t,;=")
                self.state.executed.add(part.key)
            found = pipe.search(text, part.line)
            status = self.execute(part, items) if found is None else found
            pipe.pass_on(text)
        return status

    def run_if(self, node: If, items: Mapping[str, str]) -> int:
        left = self.evaluator.expand_loop(node.left, items, node.line)
        right = self.evaluator.expand_loop(node.right, items, node.line)
        if self.evaluator.is_true(node, left, right) != node.negated:
            return self.execute(node.then, items)
        return self.execute(node.otherwise, items) if node.otherwise else 0

    def run_for(self, node: For, items: Mapping[str, str]) -> int:
        if node.switch not in ("", "/D"):
            return self.state.report_unsupported(node.line, f"'for {node.switch}' is not supported")
        text = self.evaluator.expand_loop(node.items, items, node.line)
        if not text.strip():
            self.program.without_items.update(
                simple_command.key for simple_command in simple_commands(node.body)
            )
        status = 0
        for value in self.evaluator.loop_values(text, node.line):
            self.state.charge(len(value), node.line)
            status = self.execute(node.body, {**items, node.variable: value})
        return status

    def run_simple(self, text: str, line: int) -> int:
        """Run one command line: an internal command, a jump or a program."""
        self.state.charge(len(text), line)
        text = text.lstrip(_BLANKS)
        if text == ")":
            self.state.diagnostics.append(stray_parenthesis(self.program.file, line))
        if text in ("", ")"):
            return 0
        match = _COMMAND.match(text)
        name = match[0].lower() if match else ""
        arguments = text[len(name) :]
        if name in NO_EFFECT:
            return 0
        if name in INTERNAL_COMMANDS:
            return INTERNAL_COMMANDS[name](self.state, arguments, line)
        if name in _CONTROL:
            return _CONTROL[name](self, arguments, line)
        if text.startswith("#"):
            # Meant as a comment; cmd searches a program of that name and finds none.
            return self.state.set_errorlevel(NOT_RECOGNIZED)
        return self.run_external(text, line)

    def run_external(self, text: str, line: int) -> int:
        """Record a program, and let the handler determine what it does."""
        self.state.charge(_LAUNCH_COST, line)
        command = self.state.record(line, text)
        result = self.handler(command)
        if result is None:
            message = f"cannot determine what '{text[:60].strip()}' does"
            hint = SEARCH_HINT if is_search(text) else ""
            return self.state.report_unsupported(line, message, hint)
        for path in result.creates:
            self.state.disk.create(path, is_hidden=result.is_hidden)
        for name, value in result.defines.items():
            if self.state.variables.get(name) is None:
                self.state.variables.set(name, value)
        return self.state.set_errorlevel(result.errorlevel)

    # Commands that change which line is next.

    def goto(self, arguments: str, line: int) -> int:
        words = re.split(r"[\s,;=+&|<>]+", arguments.strip(" \t,;="), maxsplit=1)
        raise Goto(words[0], line)

    def call(self, arguments: str, line: int) -> int:
        """Run a label as a subroutine, or any other command after one more expansion."""
        text = self.evaluator.expand_percent(arguments, line).strip(" \t,;=")
        with self.nested(line):
            if not text.startswith(":"):
                return self.run_simple(text, line) if text else 0
            words = split_items(text)
            label = words[0].removeprefix(":")
            start = self.program.find_label(label, self.frames[-1].index)
            if start is None:  # cmd prints that, and goes on
                return self.state.set_errorlevel(1)
            self.run_frame(Frame([*words], text[len(words[0]) :].strip(), start))
        return self.state.errorlevel

    def shift(self, arguments: str, _line: int) -> int:
        frame = self.frames[-1]
        number = parse_number(arguments.strip().removeprefix("/"))
        if 0 <= number < len(frame.arguments):
            frame.arguments = frame.arguments[:number] + frame.arguments[number + 1 :]
        return 0

    def exit(self, arguments: str, _line: int) -> int:
        words = arguments.split()
        is_batch = bool(words) and words[0].lower() == "/b"
        if len(words) > is_batch:
            self.state.set_errorlevel(parse_number(words[int(is_batch)]))
        raise ExitScript(is_whole=not is_batch)


def starts_program(text: str) -> bool:
    """Return whether a simple command starts a program, directly or by ``call``; no label."""
    match = _COMMAND.match(text.lstrip(_BLANKS))
    name = match[0].lower() if match else ""
    if name == "call":
        return starts_program(text.lstrip(_BLANKS)[len(name) :])
    is_internal = name in NO_EFFECT or name in INTERNAL_COMMANDS or name in _CONTROL
    return not is_internal and text.lstrip(_BLANKS)[:1] not in ("", ")", ":", "#")


_CONTROL: dict[str, Callable[[_Interpreter, str, int], int]] = {
    "goto": _Interpreter.goto,
    "call": _Interpreter.call,
    "shift": _Interpreter.shift,
    "exit": _Interpreter.exit,
}

"""Runs a batch file in thought: what cmd would do, without doing any of it.

Knows the state a script runs in: variables, arguments, labels, the folder it stands in. What
programs do is told by a ``World``; each command with an effect is recorded and never carried
out. What cannot be run faithfully becomes a problem with its line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from sbom.batch.commands import HARMLESS, OWN, endlocal
from sbom.batch.comparison import leading_number
from sbom.batch.evaluation import Evaluation
from sbom.batch.expansion import UNKNOWABLE
from sbom.batch.frames import ExitScript, Frame, Goto
from sbom.batch.nodes import Block, Chain, For, If, Node, Simple
from sbom.batch.program import Program
from sbom.batch.state import SCRIPT, Command, CommandResult, State, listed
from sbom.diagnostics import Code, Diagnostic

#: How deep calls and blocks may stand inside each other while running.
_DEPTH = 100
#: What asking the world about a program costs, against what a command of cmd's own does.
_LAUNCH_COST = 100
#: What cmd leaves in ERRORLEVEL for a name that is no program.
_NOT_RECOGNIZED = 9009

_COMMAND = re.compile(r"[a-z]+(?=[\s,;=./\\:(\[+\"]|$)", re.IGNORECASE)
_CLOCK = re.compile(rf"%(?:{'|'.join(sorted(UNKNOWABLE))})[%:]", re.IGNORECASE)

#: Returns what a program would do, or None where that cannot be told.
CommandHandler = Callable[[Command], CommandResult | None]


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of a script did.

    ``comparisons`` are the pairs of texts its ``if`` commands compared, ``variables`` the
    upper-case names of the environment variables it looked at before it set them.
    """

    status: int
    commands: tuple[Command, ...]
    problems: tuple[Diagnostic, ...]
    comparisons: frozenset[tuple[str, str]]
    variables: frozenset[str]


def run(
    program: Program,
    world: CommandHandler,
    arguments: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Run:
    """Run a program and return what it did.

    Raises SbomError where cmd itself would stop with a syntax error, and where the script
    does not come to an end.
    """
    interpreter = _Interpreter(program, world, environment or {})
    status = interpreter.call_file(arguments)
    return Run(
        status,
        tuple(interpreter.state.commands),
        tuple(interpreter.state.problems),
        frozenset(interpreter.evaluation.comparisons),
        frozenset(interpreter.state.variables.inherited),
    )


class _Interpreter:
    def __init__(
        self, program: Program, world: CommandHandler, environment: Mapping[str, str]
    ) -> None:
        self.program = program
        self.world = world
        self.state = State(program, environment)
        self.evaluation = Evaluation(self.state)
        self.frames = self.evaluation.frames
        self.depth = 0

    # Control: frames, lines, jumps.

    def call_file(self, arguments: Sequence[str]) -> int:
        quoted = [f'"{word}"' if re.search(r"[\s,;=]", word) else word for word in arguments]
        with suppress(ExitScript):
            self.frame(Frame([SCRIPT, *quoted], " ".join(quoted)))
        return self.state.errorlevel

    def frame(self, frame: Frame) -> None:
        """Run lines until the file ends or something leaves it."""
        saved = len(self.state.saved)
        self.frames.append(frame)
        try:
            while frame.index < len(self.program.lines):
                try:
                    self.step(frame)
                except Goto as jump:
                    if jump.label.lower() == ":eof":
                        break
                    frame.index = self.target(jump, frame.index)
        except ExitScript as leave:
            if leave.script:
                raise
        finally:
            self.frames.pop()
            while len(self.state.saved) > saved:
                endlocal(self.state)

    def step(self, frame: Frame) -> None:
        first = frame.index
        node, frame.index = self.program.read(first, self.expanded)
        if node is not None:
            self.refuse_clock(node, first, frame.index)
            self.execute(node, {})

    def expanded(self, index: int) -> str:
        self.state.spend(0, index + 1)
        return self.evaluation.early(self.program.lines[index], index + 1)

    def refuse_clock(self, node: Node, first: int, end: int) -> None:
        """Report variables such as %TIME% unless the line only prints them."""
        if isinstance(node, Simple) and re.match(r"(echo|title)\b", node.text, re.IGNORECASE):
            return
        for index in range(first, end):
            if found := _CLOCK.search(self.program.lines[index]):
                self.state.unknown(index + 1, f"cannot know what {found[0].rstrip(':')} will hold")

    def target(self, jump: Goto, start: int) -> int:
        found = self.program.find(jump.label.removeprefix(":"), start)
        if found is None:
            raise self.program.error(
                Code.BATCH_SYNTAX,
                jump.line,
                f"there is no label :{jump.label.removeprefix(':')}",
                "cmd stops here as well; mend the script",
            )
        return found

    # Commands. Each returns the status that && and || look at.

    def execute(self, node: Node, items: Mapping[str, str]) -> int:
        self.state.spend(0, node.line)
        with self.deeper(node.line):
            match node:
                case Simple():
                    return self.start(self.evaluation.late(node.text, items, node.line), node.line)
                case Block():
                    return self.sequence(node.body, items)
                case Chain():
                    return self.chain(node, items)
                case If():
                    return self.branch(node, items)
                case For():
                    return self.loop(node, items)

    @contextmanager
    def deeper(self, line: int) -> Iterator[None]:
        """Count how deep calls and blocks stand inside each other."""
        self.depth += 1
        if self.depth > _DEPTH:
            raise self.program.error(
                Code.BATCH_LIMIT,
                line,
                f"calls and blocks stand more than {_DEPTH} deep inside each other",
                "a call runs without end; mend the script",
            )
        try:
            yield
        finally:
            self.depth -= 1

    def sequence(self, nodes: Sequence[Node], items: Mapping[str, str]) -> int:
        status = 0
        for node in nodes:
            status = self.execute(node, items)
        return status

    def chain(self, node: Chain, items: Mapping[str, str]) -> int:
        status = self.execute(node.parts[0], items)
        for part in node.parts[1:]:
            if (node.operator == "&&" and status) or (node.operator == "||" and not status):
                continue
            status = self.execute(part, items)
        return status

    def branch(self, node: If, items: Mapping[str, str]) -> int:
        left = self.evaluation.late(node.left, items, node.line)
        right = self.evaluation.late(node.right, items, node.line)
        if self.evaluation.holds(node, left, right) != node.negated:
            return self.execute(node.then, items)
        return self.execute(node.otherwise, items) if node.otherwise else 0

    def loop(self, node: For, items: Mapping[str, str]) -> int:
        if node.switch not in ("", "/D", "/L"):
            return self.state.unknown(node.line, f"cannot run 'for {node.switch}'")
        text = self.evaluation.late(node.items, items, node.line)
        status = 0
        for value in self.evaluation.loop_values(node.switch, text, node.line):
            self.state.spend(len(value), node.line)
            status = self.execute(node.body, {**items, node.variable: value})
        return status

    def start(self, text: str, line: int) -> int:
        """Run one command line: a command of cmd's own, or a program of the world's."""
        self.state.spend(len(text), line)
        text = text.lstrip(" \t,;=")
        if text in ("", ")"):
            return self.stray(text, line)
        match = _COMMAND.match(text)
        name = match[0].lower() if match else ""
        if name in HARMLESS:
            return 0
        if name in OWN:
            return OWN[name](self.state, text[len(name) :], line)
        if name in _CONTROL:
            return _CONTROL[name](self, text[len(name) :], line)
        if text.startswith("#"):
            # Written as a comment; cmd looks for a program of that name and finds none.
            return self.state.leave_status(_NOT_RECOGNIZED)
        return self.launch(text, line)

    def stray(self, text: str, line: int) -> int:
        if text:
            self.state.problems.append(
                self.program.problem(
                    Code.STRAY_PARENTHESIS,
                    line,
                    "this parenthesis closes nothing; cmd ignores the line",
                    "remove it, or add the one that opens the block",
                )
            )
        return 0

    def launch(self, text: str, line: int) -> int:
        """Record a program and let the world say what it leaves behind."""
        self.state.spend(_LAUNCH_COST, line)
        command = self.state.record(line, text)
        outcome = self.world(command)
        if outcome is None:
            return self.state.unknown(line, f"cannot tell what '{text[:60].strip()}' would do")
        for path in outcome.creates:
            self.state.disk.make(path)
        for name, value in outcome.defines.items():
            if self.state.variables.get(name) is None:
                self.state.variables.set(name, value)
        return self.state.leave_status(outcome.errorlevel)

    def goto(self, rest: str, line: int) -> int:
        words = re.split(r"[\s,;=+&|<>]+", rest.strip(" \t,;="), maxsplit=1)
        raise Goto(words[0], line)

    def call(self, rest: str, line: int) -> int:
        """Run a label as a subroutine, or any other command after one more expansion."""
        text = self.evaluation.early(rest, line).strip(" \t,;=")
        with self.deeper(line):
            if not text.startswith(":"):
                return self.start(text, line) if text else 0
            words = listed(text)
            found = self.target(Goto(words[0], line), self.frames[-1].index)
            self.frame(Frame([*words], text[len(words[0]) :].strip(), found))
        return self.state.errorlevel

    def shift(self, rest: str, line: int) -> int:
        del line
        frame = self.frames[-1]
        number = leading_number(rest.strip().removeprefix("/"))
        if 0 <= number < len(frame.arguments):
            frame.arguments = frame.arguments[:number] + frame.arguments[number + 1 :]
        return 0

    def exit(self, rest: str, line: int) -> int:
        del line
        words = rest.split()
        inner = bool(words) and words[0].lower() == "/b"
        if len(words) > inner:
            self.state.leave_status(leading_number(words[int(inner)]))
        raise ExitScript(script=not inner)


#: Commands that change where the script stands.
_CONTROL: dict[str, Callable[[_Interpreter, str, int], int]] = {
    "goto": _Interpreter.goto,
    "call": _Interpreter.call,
    "shift": _Interpreter.shift,
    "exit": _Interpreter.exit,
}

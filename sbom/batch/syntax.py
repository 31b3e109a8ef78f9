"""Lines of a batch file to commands: phase two of cmd, and its grammar.

Knows quotes, carets, operators, redirections, blocks, ``if`` and ``for``; what a command
means is left to the interpreter. The grammar, each level binding looser than the next:

    line     = pipeline-chain { "&" pipeline-chain }
    chain    = and-chain { "||" and-chain }
    and      = pipe { "&&" pipe }
    pipe     = command { "|" command }
    command  = "(" { line } ")" | "if" condition line [ "else" line ]
             | "for" [ switch ] %v "in" "(" items ")" "do" line | label | words

The body of an ``if`` or ``for`` is a whole ``line``: in ``if A (B) & C`` the ``C`` runs only
when A holds, which is what keeps get_externals.bat from shifting its arguments away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sbom.batch.comparison import COMPARISONS
from sbom.batch.lexing import REDIRECTION, Lexer
from sbom.batch.nodes import Block, Chain, For, If, Node, Simple
from sbom.batch.source import BLANKS, Source

_OPERATORS = ("&", "||", "&&", "|")
_KEYWORD = re.compile(r"(if|for|rem)(?=[\s,;=(/.]|$)", re.IGNORECASE)
_ELSE = re.compile(r"else(?=[\s(]|$)", re.IGNORECASE)
#: How many blocks, ifs and fors may stand inside each other; real scripts need four.
_DEPTH = 40


def parse(source: Source, file: str) -> Node | None:
    """Return the command that starts at the source's line, or None for an empty one.

    Raises SbomError with the line number where cmd would say "was unexpected".
    """
    return _Parser(source, file).top()


class _Parser(Lexer):
    def __init__(self, source: Source, file: str) -> None:
        super().__init__(source, file)
        self.depth = 0  # parentheses open
        self.nesting = 0  # blocks, ifs and fors open

    def top(self) -> Node | None:
        self.source.blanks()
        if self.source.peek() == ")":
            # With no block open cmd ignores the parenthesis and the rest of its line.
            return Simple(self.source.line, ")")
        node = self.chain(0)
        if self.source.position < len(self.source.text) and self.source.peek() != ")":
            raise self.error(f"'{self.source.peek()}' was unexpected at this time")
        return node

    def chain(self, level: int) -> Node | None:
        """Parse one precedence level of ``& || && |``."""
        if level == len(_OPERATORS):
            return self.command()
        operator = _OPERATORS[level]
        line = self.source.line
        parts = [self.chain(level + 1)]
        while self.at_operator(operator):
            if parts[-1] is None:
                raise self.error(f"'{operator}' was unexpected at this time")
            self.source.position += len(operator)
            parts.append(self.chain(level + 1))
        if len(parts) > 1 and parts[-1] is None and operator != "&":
            raise self.error(f"nothing stands behind '{operator}'")
        nodes = tuple(part for part in parts if part is not None)
        if len(nodes) > 1:
            return Chain(line, operator, nodes)
        return nodes[0] if nodes else None

    def at_operator(self, operator: str) -> bool:
        self.source.blanks()
        if not self.source.ahead(operator):
            return False
        return operator in ("&&", "||") or not self.source.ahead(operator * 2)

    def command(self) -> Node | None:
        source = self.source
        source.blanks()
        while source.peek() == "@":
            source.position += 1
            source.blanks()
        character = source.peek()
        if character == "(":
            return self.block()
        if character == ":":
            source.position = len(source.text)
            return None
        if character in ("", ")", "&", "|"):
            return None
        word = _KEYWORD.match(source.text, source.position)
        keyword = word[1].lower() if word else ""
        if keyword == "rem":
            source.position = len(source.text)
            return None
        if word is None:
            return self.simple()
        source.position = word.end()
        with self.nested():
            return self.if_command() if keyword == "if" else self.for_command()

    @contextmanager
    def nested(self) -> Iterator[None]:
        """Count how many commands stand inside each other."""
        self.nesting += 1
        if self.nesting > _DEPTH:
            raise self.error(f"more than {_DEPTH} commands stand inside each other")
        yield
        self.nesting -= 1

    def block(self) -> Node:
        with self.nested():
            return self.block_body()

    def block_body(self) -> Node:
        source = self.source
        line = source.line
        self.depth += 1
        source.position += 1
        body: list[Node] = []
        while True:
            node = self.chain(0)
            if node is not None:
                body.append(node)
            source.blanks()
            if source.peek() == ")":
                source.position += 1
                break
            if source.position < len(source.text):
                raise self.error(f"'{source.peek()}' was unexpected at this time")
            if not source.advance():
                source.line = line
                raise self.error("the block that opens here is never closed", "add the missing ')'")
        self.depth -= 1
        self.redirections()
        return Block(line, tuple(body))

    def redirections(self) -> None:
        """Skip redirections behind a block; where its output goes does not matter here."""
        self.source.blanks()
        while match := REDIRECTION.match(self.source.text, self.source.position):
            self.redirect(match)
            self.source.blanks()

    def simple(self) -> Node:
        """Read a command up to an operator, a closing parenthesis or the end of the line."""
        source = self.source
        line = source.line
        text: list[str] = []
        quoted = False
        while (character := source.peek()) != "":
            if character == '"':
                quoted = not quoted
            elif not quoted and character == "^":
                text.append(self.escaped())
                continue
            elif not quoted and (character in "&|" or (character == ")" and self.depth)):
                break
            elif not quoted and (match := self.redirection(text)):
                self.redirect(match)
                continue
            text.append(character)
            source.position += 1
        return Simple(line, "".join(text))

    def if_command(self) -> Node:
        source = self.source
        line = source.line
        ignore_case = negated = False
        source.blanks()
        word = self.word()
        while word.lower() in ("/i", "not"):
            ignore_case |= word.lower() == "/i"
            negated |= word.lower() == "not"
            source.blanks()
            word = self.word()
        if word.lower() in ("defined", "exist", "errorlevel", "cmdextversion"):
            source.blanks()
            test, left, right = word.lower(), self.word(), ""
            if not left:
                raise self.error(f"'if {test}' is given nothing to look at")
        else:
            test, left, right = self.comparison(word)
        then = self.chain(0)
        if then is None:
            raise self.error("'if' is given no command to run")
        otherwise = self.else_branch()
        return If(line, negated, ignore_case, test, left, right, then, otherwise)

    def comparison(self, left: str) -> tuple[str, str, str]:
        source = self.source
        while source.peek() and source.peek() in BLANKS and not source.ahead("=="):
            source.position += 1
        if source.ahead("=="):
            source.position += 2
            test = "=="
        else:
            test = self.word().upper()
            if test not in COMPARISONS:
                raise self.error(f"'{test or source.peek()}' is no comparison")
        source.blanks()
        right = self.word()
        if not left or not right:
            raise self.error(f"one side of '{test}' is empty", "put both sides in quotes")
        return test, left, right

    def else_branch(self) -> Node | None:
        source = self.source
        source.blanks()
        match = _ELSE.match(source.text, source.position)
        if match is None:
            return None
        source.position = match.end()
        node = self.chain(0)
        if node is None:
            raise self.error("'else' is given no command to run")
        return node

    def for_command(self) -> Node:
        source = self.source
        line = source.line
        source.blanks()
        switch = options = ""
        word = self.word()
        while word.startswith("/"):
            switch = word.upper()
            source.blanks()
            word = self.word()
            if not word.startswith(("%", "/")):
                options = word
                source.blanks()
                word = self.word()
        if not re.fullmatch(r"%\S", word):
            raise self.error(f"'{word}' is no loop variable such as %%e")
        source.blanks()
        if self.word().lower() != "in":
            raise self.error(f"'in' is missing behind %{word}")
        items = self.items()
        source.blanks()
        if self.word().lower() != "do":
            raise self.error("'do' is missing behind the list of 'for'")
        body = self.chain(0)
        if body is None:
            raise self.error("'for' is given no command to run")
        return For(line, switch, options, word[1], items, body)

    def items(self) -> str:
        """Read a parenthesised list; line ends in it are blanks."""
        source = self.source
        source.blanks()
        if source.peek() != "(":
            raise self.error("the list of 'for' does not start with '('")
        line = source.line
        source.position += 1
        text: list[str] = []
        quoted = False
        while quoted or source.peek() != ")":
            character = source.peek()
            if character == "":
                quoted = False
                text.append("\n")
                if not source.advance():
                    source.line = line
                    raise self.error("the list that opens here is never closed", "add ')'")
                continue
            if character == '"':
                quoted = not quoted
            elif character == "^" and not quoted:
                text.append(self.escaped())
                continue
            text.append(character)
            source.position += 1
        source.position += 1
        return "".join(text)

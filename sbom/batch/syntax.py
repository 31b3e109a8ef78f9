"""Lines of a batch file to commands: phase two of cmd, and its grammar.

What a command means is left to the interpreter. The grammar, each level binding looser than
the next:

    line     = or-chain { "&" or-chain }
    or       = and-chain { "||" and-chain }
    and      = pipe { "&&" pipe }
    pipe     = command { "|" command }
    command  = "(" { line } ")" | "if" condition line [ "else" line ]
             | "for" [ switch ] %v "in" "(" items ")" "do" line | label | words

The body of an ``if`` or ``for`` is a whole ``line``: in ``if A (B) & C`` the ``C`` runs only
when A is true, which is what keeps get_externals.bat from shifting its arguments away.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from sbom.batch.lexing import BLANKS, Lexer, NextLine
from sbom.batch.nodes import COMPARISONS, Block, Chain, For, If, Node, Simple

_OPERATORS = ("&", "||", "&&", "|")
_KEYWORD = re.compile(r"(if|for|rem)(?=[\s,;=(/.]|$)", re.IGNORECASE)
_ELSE = re.compile(r"else(?=[\s,;=(]|$)", re.IGNORECASE)
#: Tests of ``if`` that have one side only.
_UNARY_TESTS = ("defined", "exist", "errorlevel", "cmdextversion")
#: Characters of a simple command without a meaning of their own, outside and inside quotes.
_PLAIN, _QUOTED = re.compile(r'[^"^&|)<>0-9]+'), re.compile(r'[^"]+')
#: How many blocks, ifs and fors may be nested; real scripts need four.
_DEPTH = 40


def parse_command(file: str, line: int, text: str, next_line: NextLine) -> Node | None:
    """Return the command that starts with ``text`` at a line, or None for an empty one.

    Raises SbomError with the line number where cmd would say "was unexpected".
    """
    return _Parser(file, line, text, next_line).parse()


class _Parser(Lexer):
    def __init__(self, file: str, line: int, text: str, next_line: NextLine) -> None:
        super().__init__(file, line, text, next_line)
        self.open_parentheses = 0
        self.depth = 0  # of blocks, ifs and fors
        self.remarks = 0
        self.commands: Counter[int] = Counter()  # simple ones, by line
        self.tests: Counter[int] = Counter()  # ifs, by line

    def parse(self) -> Node | None:
        self.skip_blanks()
        if self.peek() == ")":
            # With no block open cmd ignores the parenthesis and the rest of its line.
            return Simple(self.line, ")")
        node = self.parse_chain()
        if self.position < len(self.text) and self.peek() != ")":
            raise self.unexpected(self.peek())
        return node

    # Chains and simple commands.

    def parse_chain(self, level: int = 0) -> Node | None:
        """Parse one precedence level of ``& || && |``."""
        if level == len(_OPERATORS):
            return self.parse_one()
        operator = _OPERATORS[level]
        line = self.line
        parts = [self.parse_chain(level + 1)]
        while self.is_at_operator(operator):
            if parts[-1] is None:
                raise self.unexpected(operator)
            self.position += len(operator)
            parts.append(self.parse_chain(level + 1))
        if len(parts) > 1 and parts[-1] is None and operator != "&":
            raise self.error(f"expected a command after '{operator}'")
        nodes = tuple(part for part in parts if part is not None)
        if len(nodes) > 1:
            return Chain(line, operator, nodes)
        return nodes[0] if nodes else None

    def is_at_operator(self, operator: str) -> bool:
        self.skip_blanks()
        if not self.starts_with(operator):
            return False
        return operator in ("&&", "||") or not self.starts_with(operator * 2)

    def parse_one(self) -> Node | None:
        """Parse a command that is not a chain; None for a label, a comment, or nothing."""
        self.skip_blanks()
        while self.peek() == "@":
            self.position += 1
            self.skip_blanks()
        character = self.peek()
        if character == "(":
            with self.nested():
                return self.parse_block()
        keyword = _KEYWORD.match(self.text, self.position)
        word = keyword[1].lower() if keyword else ""
        if character == ":" or word == "rem":
            self.remarks += 1
            if keyword:
                self.join_remark(keyword.end())
            self.skip_line()
            return None
        if character in ("", ")", "&", "|"):
            return None
        if keyword is None:
            return self.parse_simple()
        self.position = keyword.end()
        with self.nested():
            return self.parse_if() if word == "if" else self.parse_for()

    def join_remark(self, start: int) -> None:
        """Go to the line that a caret joins to a ``rem``, which it does after its first word only.

        https://stackoverflow.com/questions/11212624, "Comments with REM".
        """
        while re.fullmatch(rf"[{BLANKS}]*[^{BLANKS}]*(?<!\^)(?:\^\^)*\^", self.text[start:]):
            if not self.advance_line():
                return
            start = 0

    def parse_simple(self) -> Node:
        """Read a command up to an operator, a closing parenthesis or the end of the line."""
        line = self.line
        text: list[str] = []
        is_quoted = False
        while (character := self.peek()) != "":
            if plain := (_QUOTED if is_quoted else _PLAIN).match(self.text, self.position):
                text.append(plain[0])
                self.position = plain.end()
                continue
            if character == '"':
                is_quoted = not is_quoted
            elif character == "^":
                text.append(self.read_escape())
                continue
            elif character in "&|" or self.closes_block(character):
                break
            elif match := self.find_redirection(text[-1][-1:] if text else ""):
                self.skip_redirection(match)
                continue
            text.append(character)
            self.position += 1
        self.commands[line] += 1
        return Simple(line, "".join(text), self.commands[line] - 1)

    # Blocks.

    @contextmanager
    def nested(self) -> Iterator[None]:
        """Count how many commands are nested."""
        self.depth += 1
        if self.depth > _DEPTH:
            raise self.error(f"more than {_DEPTH} commands are nested")
        yield
        self.depth -= 1

    def closes_block(self, character: str) -> bool:
        return character == ")" and self.open_parentheses > 0

    def parse_block(self) -> Node:
        line = self.line
        self.open_parentheses += 1
        self.position += 1
        remarks = self.remarks
        body: list[Node] = []
        while True:
            node = self.parse_chain()
            if node is not None:
                body.append(node)
            self.skip_blanks()
            if self.peek() == ")":
                if not body and self.remarks == remarks:
                    raise self.unexpected(")")  # of a block without any command
                self.position += 1
                break
            if self.position < len(self.text):
                raise self.unexpected(self.peek())
            if not self.advance_line():
                self.line = line
                raise self.error("expected ')': the block that opens here is never closed")
        self.open_parentheses -= 1
        self.skip_redirections()
        return Block(line, tuple(body))

    def parse_body(self, keyword: str) -> Node:
        """Parse the command that an ``if``, ``else`` or ``for`` runs."""
        node = self.parse_chain()
        if node is None:
            raise self.error(f"expected a command after '{keyword}'")
        return node

    def parse_if(self) -> Node:
        line = self.line
        number = self.tests[line]
        self.tests[line] += 1
        ignore_case = negated = False
        self.skip_blanks()
        word = self.read_word()
        while word.lower() in ("/i", "not"):
            ignore_case |= word.lower() == "/i"
            negated |= word.lower() == "not"
            self.skip_blanks()
            word = self.read_word()
        test, left, right = self.parse_condition(word)
        then = self.parse_body("if")
        otherwise = self.parse_else()
        return If(line, number, negated, ignore_case, test, left, right, then, otherwise)

    def parse_condition(self, word: str) -> tuple[str, str, str]:
        """Return the test that starts with ``word``, its left side and its right side."""
        if word.lower() not in _UNARY_TESTS:
            return self.parse_comparison(word)
        self.skip_blanks()
        operand = self.read_word()
        if not operand:
            raise self.error(f"expected a word after 'if {word.lower()}'")
        self.refuse_parenthesis(operand)
        return word.lower(), operand, ""

    def parse_comparison(self, left: str) -> tuple[str, str, str]:
        while self.peek() and self.peek() in BLANKS and not self.starts_with("=="):
            self.position += 1
        if self.starts_with("=="):
            self.position += 2
            test = "=="
        else:
            test = self.read_word().upper()
            if test not in COMPARISONS:
                raise self.error(f"expected a comparison, found '{test or self.peek()}'")
        self.skip_blanks()
        right = self.read_word()
        if not left or not right:
            raise self.error(f"one side of '{test}' is empty", "put both sides in quotes")
        self.refuse_parenthesis(right)
        return test, left, right

    def refuse_parenthesis(self, operand: str) -> None:
        """Refuse one that touches an operand: cmd reads it as part of that, and finds no block."""
        if self.peek() == "(":
            raise self.error(f"'(' is read as part of '{operand}('", "put a blank before '('")

    def parse_else(self) -> Node | None:
        self.skip_blanks()
        match = _ELSE.match(self.text, self.position)
        if match is None:
            return None
        self.position = match.end()
        if self.peek() == "(":
            raise self.unexpected(f"{match[0]}(")
        return self.parse_body("else")

    def parse_for(self) -> Node:
        line = self.line
        switch, word = self.parse_switches()
        if not re.fullmatch(r"%\S", word):
            raise self.error(f"expected a loop variable such as %%e, found '{word}'")
        self.expect_word("in", f"%{word}")
        items = self.parse_items()
        self.expect_word("do", "the list of 'for'")
        return For(line, switch, word[1], items, self.parse_body("for"))

    def parse_switches(self) -> tuple[str, str]:
        """Return the switch of a ``for``, and the word after it and its options."""
        self.skip_blanks()
        switch = ""
        word = self.read_word()
        while word.startswith("/"):
            switch = word.upper()
            self.skip_blanks()
            word = self.read_word()
            if not word.startswith(("%", "/")):
                self.skip_blanks()
                word = self.read_word()
        return switch, word

    def expect_word(self, word: str, after: str) -> None:
        self.skip_blanks()
        if self.read_word().lower() != word:
            raise self.error(f"expected '{word}' after {after}")

    def parse_items(self) -> str:
        """Read a parenthesized list; line ends in it are blanks."""
        self.skip_blanks()
        if self.peek() != "(":
            raise self.error("expected '(' before the list of 'for'")
        line = self.line
        self.position += 1
        text: list[str] = []
        is_quoted = False
        while is_quoted or self.peek() != ")":
            character = self.peek()
            if character == "":
                is_quoted = False
                text.append("\n")
                if not self.advance_line():
                    self.line = line
                    raise self.error("expected ')': the list that opens here is never closed")
                continue
            if character == '"':
                is_quoted = not is_quoted
            elif character == "^" and not is_quoted:
                text.append(self.read_escape())
                continue
            text.append(character)
            self.position += 1
        self.position += 1
        return "".join(text)

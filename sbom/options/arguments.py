"""Verbs, and the fields of their options, declared together with the arguments that fill them.

The type of a field is that of what its argument is read as, so that a type checker sees what the
command line can ask for. No argument can be declared without a help text, and none that can be
left out without what then holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import Enum, StrEnum, auto
from typing import Any, Generic, TypeVar, dataclass_transform

T = TypeVar("T")
D = TypeVar("D")
E = TypeVar("E", bound=StrEnum)
T_co = TypeVar("T_co", covariant=True)

_KEY = "argument"


class Form(Enum):
    """How an argument is written."""

    POSITIONAL = auto()
    POSITIONALS = auto()
    OPTION = auto()
    REPEATED = auto()
    CHOICE = auto()
    FLAG = auto()
    REST = auto()


@dataclass(frozen=True, kw_only=True, slots=True)
class Argument:
    """An argument: its help text, and what holds without it, in words (``default``).

    ``read`` makes a value of what is written; it raises ValueError or
    ``argparse.ArgumentTypeError``. Of the arguments of one ``group``, one can be given.
    """

    form: Form
    help: str
    default: str = ""
    metavar: str = ""
    read: Callable[[str], object] = str
    choices: tuple[str, ...] = ()
    group: str = ""


def positional(help_text: str, metavar: str, read: Callable[[str], T]) -> T:
    """Declare an argument without a flag."""
    argument = Argument(form=Form.POSITIONAL, help=help_text, metavar=metavar, read=read)
    return _declare(argument)  # type: ignore[no-any-return]


def positionals(
    help_text: str, metavar: str, read: Callable[[str], T], *, unset: str = ""
) -> tuple[T, ...]:
    """Declare arguments without a flag: one or more or, if ``unset`` says what then holds, none."""
    argument = Argument(
        form=Form.POSITIONALS, help=help_text, default=unset, metavar=metavar, read=read
    )
    if unset:
        return _declare(argument, default=())  # type: ignore[no-any-return]
    return _declare(argument)  # type: ignore[no-any-return]


def required(help_text: str, metavar: str, read: Callable[[str], T]) -> T:
    """Declare an option that cannot be left out."""
    argument = Argument(form=Form.OPTION, help=help_text, metavar=metavar, read=read)
    return _declare(argument)  # type: ignore[no-any-return]


def option(
    help_text: str,
    metavar: str,
    read: Callable[[str], T],
    *,
    default: D,
    unset: str = "",
    group: str = "",
) -> T | D:
    """Declare an option with a value; ``unset`` says what ``default`` means, if that has no name.

    Raises ValueError without either.
    """
    argument = Argument(
        form=Form.OPTION,
        help=help_text,
        default=_in_words(default, unset),
        metavar=metavar,
        read=read,
        group=group,
    )
    return _declare(argument, default=default)  # type: ignore[no-any-return]


def repeated(
    help_text: str, metavar: str, read: Callable[[str], T], *, unset: str
) -> tuple[T, ...]:
    """Declare an option that may be given several times; ``unset`` says what holds without it."""
    argument = Argument(
        form=Form.REPEATED,
        help=f"{help_text}; may be repeated",
        default=unset,
        metavar=metavar,
        read=read,
    )
    return _declare(argument, default=())  # type: ignore[no-any-return]


def choice(help_text: str, read: type[E], *, default: E) -> E:
    """Declare an option with a value out of a fixed set."""
    argument = Argument(
        form=Form.CHOICE,
        help=help_text,
        default=default.value,
        read=read,
        choices=tuple(member.value for member in read),
    )
    return _declare(argument, default=default)  # type: ignore[no-any-return]


def choices(help_text: str, read: type[E], *, unset: str) -> tuple[E, ...]:
    """Declare an option that may be given several times, with values out of a fixed set."""
    argument = Argument(
        form=Form.REPEATED,
        help=f"{help_text}; may be repeated",
        default=unset,
        read=read,
        choices=tuple(member.value for member in read),
    )
    return _declare(argument, default=())  # type: ignore[no-any-return]


def flag(help_text: str, *, group: str = "") -> bool:
    """Declare an option without a value, off by default."""
    argument = Argument(form=Form.FLAG, help=help_text, default="off", group=group)
    return _declare(argument, default=False)  # type: ignore[no-any-return]


def rest(help_text: str) -> tuple[str, ...]:
    """Declare what takes everything that follows ``--``."""
    argument = Argument(form=Form.REST, help=help_text, default="none")
    return _declare(argument, default=())  # type: ignore[no-any-return]


def _declare(argument: Argument, **default: object) -> Any:
    return field(metadata={_KEY: argument}, **default)  # type: ignore[call-overload]


def _in_words(default: object, unset: str) -> str:
    if not unset and default in (None, ""):
        raise ValueError("state in words what holds without the option")
    return unset or str(default)


@dataclass_transform(
    kw_only_default=True,
    frozen_default=True,
    field_specifiers=(
        positional,
        positionals,
        required,
        option,
        repeated,
        choice,
        choices,
        flag,
        rest,
    ),
)
def options_class(cls: type[T]) -> type[T]:
    """Make a class of declared fields a frozen value; without slots, of which bases have some."""
    return dataclass(frozen=True, kw_only=True)(cls)


def declared_arguments(options: type) -> Mapping[str, Argument]:
    """Return the arguments of an options class by their fields."""
    return {each.name: each.metadata[_KEY] for each in fields(options) if _KEY in each.metadata}


@dataclass(frozen=True, kw_only=True, slots=True)
class Verb(Generic[T_co]):
    """A verb: its name, one sentence on what it does, and its options.

    ``examples`` are the words after the verb of complete commands, each with what that is for.
    ``unknown_hint`` is added where an argument is not known, ``unwritten`` says what an error
    that stops the verb leads to.
    """

    name: str
    summary: str
    options: type[T_co]
    examples: tuple[tuple[str, str], ...]
    unknown_hint: str = ""
    unwritten: str = ""

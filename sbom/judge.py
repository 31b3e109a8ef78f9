"""Documents held against judges that are not ours; an outside judge that fails is a problem.

Judges: spdx-tools, the published JSON schemas, ntia-conformance-checker, our own invariants;
and sbomqs's score. A judge that is not installed raises UnusableError, never a silent pass.
"""

from __future__ import annotations

import importlib
import json
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import Any

from sbom import invariants
from sbom.problems import Code, Exit, Problem, UnusableError, in_order, render
from sbom.score import Score, as_table, score

#: Problems that one judge may report of one document; what is beyond is counted.
LIMIT = 50
#: A document of 20 000 files has 14 MB; sixteen times that is no SBOM of ours.
_LARGEST = 256_000_000
_SCHEMAS = ("2.3.0", "2.3.1")
#: What ntia-conformance-checker asks of every SPDX 2 document, which has no field for it.
_UNSAYABLE = "SBOM generation context (SBOM type) provided?"

#: A judge's finding: where, and the sentence.
Said = tuple[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What one judge says of one document; ``note`` is what it says besides problems."""

    judge: str
    file: str
    problems: tuple[Problem, ...]
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """What all judges say of one document; without a score where it could not be read."""

    file: str
    verdicts: tuple[Verdict, ...]
    score: Score | None = None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems of all verdicts, in order of place."""
        return in_order(problem for verdict in self.verdicts for problem in verdict.problems)


def judge(path: Path, *, strict: bool = False) -> Judgement:
    """Hold one document against every judge.

    With ``strict``, what fsct3-min misses is a problem, but for what SPDX 2 cannot say.
    Raises UnusableError where a judge is not installed.
    """
    outside = (_installed("jsonschema"), _installed("ntia_conformance_checker"))
    file = str(path)
    try:
        data = read(path)
    except UnusableError as error:
        return Judgement(
            file=file, verdicts=(Verdict(judge="file", file=file, problems=error.problems),)
        )
    schemas = tuple(_by_schema(outside[0], data, file, version) for version in _SCHEMAS)
    ours = Verdict(judge="invariants", file=file, problems=_by_invariants(data, file))
    return Judgement(
        file=file,
        verdicts=(
            _by_spdx_tools(path),
            *schemas,
            _by_ntia(outside[1], path),
            _by_fsct(outside[1], path, strict=strict),
            ours,
        ),
        score=score(data, schema_valid=not schemas[0].problems),
    )


def _by_invariants(data: dict[str, Any], file: str) -> tuple[Problem, ...]:
    found = invariants.broken(data, file)
    if len(found) <= LIMIT:
        return found
    return (*found[:LIMIT], replace(found[0], where="", message=_more(len(found) - LIMIT)))


def _more(beyond: int) -> str:
    return f"and {beyond} more"


# Reading.


def read(path: Path) -> dict[str, Any]:
    """Return the JSON of an SPDX 2.3 document. Raises UnusableError with the place."""
    text = _utf8(path)
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        message = f"is no JSON: {error.msg}, column {error.colno}"
        raise _unreadable(path, message, "it may be truncated", str(error.lineno)) from error
    except (ValueError, RecursionError) as error:
        raise _unreadable(path, f"is no JSON that can be read: {_line(error)}") from error
    if not isinstance(data, dict):
        raise _unreadable(path, "is no SPDX document: no JSON object")
    version = data.get("spdxVersion")
    if version == "SPDX-2.3":
        return data
    if version is not None:
        raise _unreadable(path, f"spdxVersion is {_line(version)}", "only SPDX-2.3 is judged")
    other = next((name for key, name in _OTHERS.items() if key in data), "no spdxVersion")
    raise _unreadable(path, f"is no SPDX 2.3 document: {other}", "only SPDX-2.3 is judged")


_OTHERS = {"bomFormat": "CycloneDX", "@context": "SPDX 3 or other JSON-LD"}


def _utf8(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise _unreadable(path, f"is larger than {_LARGEST} bytes", "name the right file")
        return data.decode()
    except UnicodeDecodeError as error:
        raise _unreadable(path, f"is not UTF-8: byte {error.start}", "save it as UTF-8") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _unreadable(path, f"cannot be read: {reason}", "check the path") from error


def _unreadable(path: Path, message: str, hint: str = "", where: str = "") -> UnusableError:
    return UnusableError(
        [Problem(code=Code.UNREADABLE, file=str(path), where=where, message=message, hint=hint)]
    )


# Asking.


@cache
def _installed(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.replace("_", "-")
        hint = "python -m pip install --group judge"
        message = "is not installed, so nothing can be judged"
        problem = Problem(code=Code.USAGE, file=package, where="", message=message, hint=hint)
        raise UnusableError([problem]) from error


def _asked(name: str, file: str, ask: Callable[[], Iterable[Said]], hint: str) -> Verdict:
    """Return what a judge says; that it fails is said as well, for it is not ours to mend."""
    try:
        said = iter(ask())
        first = list(islice(said, LIMIT))
        beyond = sum(1 for _ in said)
    except Exception as error:  # noqa: BLE001 - hostile input may break it in any way
        first, beyond = [("", f"cannot be judged: {type(error).__name__}: {error}")], 0
    if beyond:
        first.append(("", _more(beyond)))
    problems = (
        Problem(
            code=Code.DOCUMENT,
            file=file,
            where="" if where.isdigit() else where,
            message=f"{name}: {_line(message)}",
            hint=hint,
        )
        for where, message in first
    )
    return Verdict(judge=name, file=file, problems=in_order(problems))


def _line(value: object) -> str:
    """Return a value as one line of a bearable length; judges quote whole documents."""
    text = " ".join(str(value)[:2000].split())
    return text if len(text) <= 300 else f"{text[:299]}…"  # noqa: PLR2004 - about three lines


# spdx-tools.


def _by_spdx_tools(path: Path) -> Verdict:
    hint = "SPDX 2.3 asks for it"
    return _asked("spdx-tools", str(path), lambda: _spdx_messages(path), hint)


def _spdx_messages(path: Path) -> Iterator[Said]:
    from sbom import validation  # noqa: PLC0415 - spdx_tools is slow to import

    document, messages = validation.parse(path)
    if document is None:
        yield from (("", message) for message in messages)
        return
    for message in validation.messages(document):
        yield message.context.spdx_id or "", message.validation_message


# The JSON schemas.


def _by_schema(jsonschema: Any, data: Any, file: str, version: str) -> Verdict:
    name = f"JSON schema {version}"
    hint = "the place is a JSON pointer into the document"
    return _asked(name, file, lambda: _schema_errors(_validator(jsonschema, version), data), hint)


@cache
def _validator(jsonschema: Any, version: str) -> Any:
    source = resources.files("sbom") / "schemas" / f"spdx-{version}.schema.json"
    schema = json.loads(source.read_text("utf-8"))
    return jsonschema.validators.validator_for(schema)(schema)


def _schema_errors(validator: Any, data: Any) -> Iterator[Said]:
    for error in validator.iter_errors(data):
        parts = (str(part).replace("~", "~0").replace("/", "~1") for part in error.absolute_path)
        yield "".join(f"/{part}" for part in parts), error.message


# ntia-conformance-checker.


def _by_ntia(module: Any, path: Path) -> Verdict:
    hint = "NTIA's minimum elements of 2021 ask for it"
    return _asked("ntia", str(path), lambda: _missing(module, path, "ntia"), hint)


def _by_fsct(module: Any, path: Path, *, strict: bool) -> Verdict:
    """Return what CISA's framing of 2024 misses: problems only when that is asked for."""
    missing: list[Said] = []

    def ask() -> list[Said]:
        missing.extend(_missing(module, path, "fsct3-min"))
        return missing if strict else []

    hint = "the minimum expected of CISA's framing of 2024"
    verdict = _asked("fsct3-min", str(path), ask, hint)
    said = ["misses the SBOM type, which SPDX 2 cannot say"]
    said += [f"misses: {where}: {message}".replace(": : ", ": ") for where, message in missing]
    return replace(verdict, note="\n".join(said[: LIMIT + 1]))


def _missing(module: Any, path: Path, standard: str) -> Iterator[Said]:
    with _quiet():
        checker = module.SbomChecker(
            str(path), validate=False, compliance=standard, sbom_spec="spdx2"
        )
    if checker.parsing_errors:
        raise ValueError("; ".join(checker.parsing_errors))
    for element, components in checker.all_components_without_info:
        for name, spdx_id in components:
            yield spdx_id, f"{name or 'a component without name'} has no {element}"
    for question, answer in checker.table_elements:
        if not answer and question != _UNSAYABLE and not question.startswith("All "):
            yield "", f"{question} No"
    if not checker.components_evaluated:
        yield "", "no package can be reached from the document"


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what a library logs out of our output; it is in what it returns as well."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


# Printing.


def report(judgements: Sequence[Judgement], form: str) -> str:
    """Return what was found: problems as ``check`` prints them, then notes and scores.

    JSON is one object: ``problems`` as ``check`` prints them, and ``documents``.
    """
    problems = in_order(problem for one in judgements for problem in one.problems)
    if form == "json":
        documents = [_as_json(one) for one in judgements]
        found = {"problems": json.loads(render(problems, "json")), "documents": documents}
        return json.dumps(found, indent=2) + "\n"
    lines = [line for one in judgements for line in _as_text(one)]
    return render(problems, form) + "".join(f"{line}\n" for line in lines)


def _as_text(judgement: Judgement) -> Iterator[str]:
    yield judgement.file
    for verdict in judgement.verdicts:
        found = len(verdict.problems)
        fine = "noted" if verdict.note else "fine"
        said = f"{found} problem{'' if found == 1 else 's'}" if found else fine
        yield f"  {verdict.judge}: {said}"
        yield from (f"    {line}" for line in verdict.note.splitlines())
    if judgement.score:
        yield from (f"  {line}" for line in as_table(judgement.score))


def _as_json(judgement: Judgement) -> dict[str, Any]:
    verdicts = [
        {"judge": one.judge, "problems": len(one.problems), "note": one.note}
        for one in judgement.verdicts
    ]
    scored = judgement.score
    return {
        "file": judgement.file,
        "verdicts": verdicts,
        "score": scored and round(float(scored.total), 4),
        "ceiling": scored and round(float(scored.ceiling), 4),
        "categories": {
            one.name: round(float(one.score), 4) for one in (scored.categories if scored else ())
        },
    }


def status(judgements: Sequence[Judgement]) -> Exit:
    """Return the exit status: unusable where a document could not be read."""
    codes = {problem.code for one in judgements for problem in one.problems}
    if Code.UNREADABLE in codes:
        return Exit.UNUSABLE
    return Exit.PROBLEMS if codes else Exit.FINE

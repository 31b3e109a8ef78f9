"""Fuzz one target, or give it one input: python fuzz/one_target.py TARGET --input FILE.

Only fuzzing needs atheris, whose libFuzzer changes inputs so that they reach new code. It ends with
a status other than 0 after the first input that raises anything, takes too long or too much memory,
and saves that input.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bounds import MEMORY, SECONDS, limit_memory, limit_time
from target import Target

#: What is instrumented, so that inputs that reach new code of it are kept.
_INSTRUMENTED = ["sbom", "olefile", "zipfile", "tarfile", "asn1crypto"]
#: Options of libFuzzer, https://llvm.org/docs/LibFuzzer.html.
_OPTIONS = ("-print_final_stats=1", "-verbosity=0", "-len_control=20")


def try_input(target: Target, data: bytes, seconds: int = SECONDS) -> float:
    """Give one input to a target within the bounds; return the seconds that it took."""
    limit_memory()
    limit_time(seconds)
    start = time.perf_counter()
    target.run(data)
    return time.perf_counter() - start


def fuzz(name: str, seconds: int, corpus: Path, crashes: Path, seed: int) -> None:
    """Fuzz a target for some seconds; never returns. New inputs are kept in ``corpus``."""
    import atheris  # noqa: PLC0415 - has wheels for Linux only

    with atheris.instrument_imports(include=_INSTRUMENTED, enable_loader_override=False):
        from targets import TARGETS  # noqa: PLC0415 - only what is imported here is instrumented

    target = TARGETS[name]
    for directory in (corpus, crashes):
        directory.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(target.seeds()):
        (corpus / f"seed-{number}").write_bytes(data)
    options = [
        *_OPTIONS,
        f"-max_total_time={seconds}",
        f"-timeout={SECONDS}",
        f"-rss_limit_mb={2 * MEMORY >> 20}",
        f"-artifact_prefix={crashes}/",
        f"-seed={seed}",
    ]
    if target.words:
        words = crashes / "words"
        quoted = ("".join(f"\\x{byte:02x}" for byte in word) for word in target.words)
        words.write_text("".join(f'"{word}"\n' for word in quoted), encoding="ascii")
        options.append(f"-dict={words}")
    change = None
    if mutator := target.mutator:

        def change(data: bytes, size: int, seed: int) -> bytes:
            changed: bytes = mutator(data, size, seed, atheris.Mutate)
            return changed

    atheris.Setup([sys.argv[0], *options, str(corpus)], target.run, custom_mutator=change)
    limit_memory()
    atheris.Fuzz()


def main(arguments: Sequence[str]) -> None:
    """Run as the docstring of this file says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("target", help="one of those in targets.py")
    parser.add_argument("--input", type=Path, help="a file to give to the target, once")
    parser.add_argument("--seconds", type=int, default=10, help="how long it is fuzzed (10)")
    parser.add_argument("--corpus", type=Path, default=Path("dist/fuzz/corpus"))
    parser.add_argument("--crashes", type=Path, default=Path("dist/fuzz/crashes"))
    parser.add_argument("--seed", type=int, default=0, help="of the random changes (0: any)")
    options = parser.parse_args(arguments)
    root = Path(__file__).resolve().parent.parent
    sys.path[:0] = [str(root), str(root / "tests")]
    if options.input:
        data = options.input.read_bytes()
        from targets import TARGETS  # noqa: PLC0415 - after sys.path was extended

        print(f"{try_input(TARGETS[options.target], data):.2f} s, no crash")
    else:
        fuzz(options.target, options.seconds, options.corpus, options.crashes, options.seed)


if __name__ == "__main__":
    main(sys.argv[1:])

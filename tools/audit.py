"""The licenses and known vulnerabilities of locked dependencies: ``nox -s audit`` runs both.

``licenses`` opens no connection. ``vulnerabilities`` runs pip-audit, which asks PyPI, and ends
with 3 where PyPI cannot be reached.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from locked import (
    LICENSES,
    LOCK,
    ROOT,
    LicenseRules,
    LockedDistribution,
    is_allowed,
    read_locked,
    read_rules,
)

#: How the output starts if there was nothing to compare with.
UNREACHABLE = "vulnerabilities cannot be looked up"
_PIP_AUDIT = ("-m", "pip_audit", "--locked", "--format", "json", "--progress-spinner", "off")
_NETWORK = ("requests.exceptions.", "urllib3.exceptions.", "Tip: your network")


def license_errors(distributions: Iterable[LockedDistribution], rules: LicenseRules) -> list[str]:
    """Return a sentence for each distribution whose license is not known or not allowed."""
    known = list(distributions)
    errors = [
        f"{each.name}: expected an allowed license, found {each.license or 'none'}"
        for each in known
        if not is_allowed(each.license, rules)
    ]
    unused = sorted(set(rules.distributions) - {each.name for each in known})
    return errors + [f"{name}: in licenses.toml, but not in pylock.toml" for name in unused]


def check_licenses() -> int:
    """Print the license of each locked distribution, and what is wrong. Return an exit status."""
    rules = read_rules(LICENSES.read_text(encoding="utf-8"))
    distributions = read_locked(LOCK.read_text(encoding="utf-8"), rules)
    for each in distributions:
        print(f"{each.name} {each.version}: {each.license}")
    errors = license_errors(distributions, rules)
    print(
        "\n".join(f"error: {error}" for error in errors), file=sys.stderr, end="\n" * bool(errors)
    )
    return int(bool(errors))


def describe_audit(output: str, errors: str) -> tuple[int, str]:
    """Return the exit status and the text for what pip-audit wrote to its two streams.

    A report without an entry for some distributions is an error, since it looks like success.
    """
    try:
        report: list[dict[str, Any]] = json.loads(output)["dependencies"]
    except (ValueError, KeyError):
        last = (errors.strip().splitlines() or ["no output"])[-1]
        if any(sign in errors for sign in _NETWORK):
            return 3, f"{UNREACHABLE}: {last}"
        return 1, f"error: pip-audit failed: {last}"
    skipped = [entry["skip_reason"] for entry in report if "skip_reason" in entry]
    if skipped and len(skipped) == len(report):
        return 3, f"{UNREACHABLE}: the index has no data ({skipped[0]})"
    lines = [f"error: {reason}" for reason in skipped]
    for entry in report:
        for found in entry.get("vulns", ()):
            fixed = ", ".join(found["fix_versions"]) or "no version"
            lines.append(
                f"error: {entry['name']} {entry['version']}: {found['id']}, fixed in {fixed}"
            )
    return int(bool(lines)), "\n".join(lines) or f"no known vulnerability in {len(report)} packages"


def check_vulnerabilities() -> int:
    """Run pip-audit on the lock file, and print what it found. Return an exit status."""
    command = [sys.executable, *_PIP_AUDIT, str(ROOT)]
    ran = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    status, text = describe_audit(ran.stdout, ran.stderr)
    print(text)
    return status


def main(argv: Sequence[str]) -> int:
    """Run the check that is named."""
    return {"licenses": check_licenses, "vulnerabilities": check_vulnerabilities}[argv[0]]()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

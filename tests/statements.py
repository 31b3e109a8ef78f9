"""VEX statements for tests."""

from __future__ import annotations

#: One statement, as vex.toml has it.
VALID = """\
[[statement]]
vulnerability = "CVE-2024-47611"
component = "xz"
versions = "<5.6.3"
status = "not_affected"
justification = "vulnerable_code_not_present"
author = "A Person"
date = 2026-01-31
evidence = ["https://example.org/advisory"]
"""

"""URLs are printed without what is secret in them, and their origins are compared exactly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbom.download.connections import origin, redact_url, system_proxy


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_password_is_ever_printed(user: str, path: str) -> None:
    url = f"https://{user}:hunter2@example.org/{path}?hunter2#hunter2"
    assert "hunter2" not in redact_url(url)


def test_a_printed_url_has_no_credentials_query_or_fragment() -> None:
    assert redact_url("https://me:pass@host:8443/a/b?token=x#y") == "https://host:8443/a/b"


def test_an_origin_is_scheme_host_and_port() -> None:
    assert origin("https://GitHub.com:443/a") == origin("https://me@github.com/b")
    assert origin("http://github.com/") != origin("https://github.com/")
    assert origin("http://[::1]:80/") == "http://[::1]"


def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("https_proxy", "proxy.example:3128")
    monkeypatch.setenv("no_proxy", "mirror.example")
    assert system_proxy("https://github.com/a") == "http://proxy.example:3128"
    assert system_proxy("https://mirror.example/a") == ""
    assert system_proxy("http://github.com/a") == ""

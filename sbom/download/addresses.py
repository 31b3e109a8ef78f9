"""Addresses: which origin they have, how they are printed, what they say of users and proxies."""

from __future__ import annotations

import base64
from contextlib import suppress
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass


def origin(url: str) -> str:
    """Return scheme, host and port of an address; no port where it is the scheme's own."""
    parts = urlsplit(url)
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    port = f":{parts.port}" if parts.port not in (None, usual) else ""
    host = parts.hostname or ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def shown(url: str) -> str:
    """Return an address as it is printed: without password, query and fragment."""
    with suppress(ValueError):
        parts = urlsplit(url)
        if parts.hostname:
            return origin(url) + parts.path
    return "an address that is none"


def system_proxy(url: str) -> str:
    """Return the proxy the environment or the system names for an address, or ""."""
    parts = urlsplit(url)
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all") or ""
    if not proxy or not parts.hostname or proxy_bypass(parts.hostname):
        return ""
    return proxy if "://" in proxy else f"http://{proxy}"


def credentials(url: str, header: str = "Authorization") -> tuple[str, dict[str, str]]:
    """Return an address without the user and password in it, and the header that says them."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    if not at:
        return url, {}
    secret = base64.b64encode(unquote(user).encode()).decode()
    return parts._replace(netloc=host).geturl(), {header: f"Basic {secret}"}

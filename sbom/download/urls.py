"""URLs: their origin, how they are printed, their proxy."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

_DEFAULT_PORTS = {"http": 80, "https": 443}


def origin(url: str) -> str:
    """Return scheme, host and port of a URL; without the port where it is the scheme's default."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = "" if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def redact_url(url: str) -> str:
    """Return a URL as it may be printed: without credentials, query and fragment.

    An ``@`` in the path may be that of credentials with an unquoted slash, so it is left out too.
    """
    with suppress(ValueError):
        parts = urlsplit(url)
        if parts.hostname:
            return origin(url) + (parts.path if "@" not in parts.path else "/...")
    return "invalid URL"


def system_proxy(url: str) -> str:
    """Return the URL of the proxy that the environment or the system sets for a URL, or ""."""
    parts = urlsplit(url)
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all") or ""
    if not proxy or not parts.hostname or proxy_bypass(parts.hostname):
        return ""
    return proxy if "://" in proxy else f"http://{proxy}"

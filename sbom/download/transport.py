"""Connections that a deadline holds for: urllib3's, reading from a socket that watches a clock.

urllib3 and http.client bound the wait for the next byte only; a server that sends a byte a second,
in the body or before it, would hold them for as long as it likes.
"""

from __future__ import annotations

import http.client
import io
import socket
import threading
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from sbom.download.addresses import credentials


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a download has to be over; at once, when ``stopped`` is set."""

    clock: Callable[[], float]
    at: float
    stopped: threading.Event

    def left(self) -> float:
        """Return the seconds that are left. Raises TimeoutError when none are."""
        seconds = self.at - self.clock()
        if seconds <= 0 or self.stopped.is_set():
            raise TimeoutError("no time is left")
        return seconds

    @property
    def over(self) -> bool:
        """Return whether no time is left."""
        return self.at <= self.clock() or self.stopped.is_set()


#: The deadline of the download this thread is at; urllib3 hands nothing down to where it reads.
DEADLINE: ContextVar[Deadline] = ContextVar("DEADLINE")


class _Watched(io.RawIOBase):
    """A socket to read from, for no longer than the deadline leaves."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__()
        self._sock = sock
        self._silence = sock.gettimeout() or float("inf")
        self._file = sock.makefile("rb", buffering=0)
        self._deadline = DEADLINE.get()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(min(self._silence, self._deadline.left()))
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *arguments: Any, **named: Any) -> None:
        super().__init__(sock, *arguments, **named)
        self.fp.close()
        self.fp = io.BufferedReader(_Watched(sock), 1 << 16)


class _Http(HTTPConnection):
    response_class = _Response


class _Https(HTTPSConnection):
    response_class = _Response


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


class Pools:
    """Pools of connections, one for each proxy and one for none; safe to use from many threads."""

    def __init__(self, proxy_for: Callable[[str], str], connections: int) -> None:
        """Ask ``proxy_for`` which proxy an address is reached by; it returns "" for none."""
        self._proxy_for = proxy_for
        self._connections = connections
        self._made: dict[str, urllib3.PoolManager] = {}
        self._lock = threading.Lock()

    def to(self, url: str) -> urllib3.PoolManager:
        """Return the pool to reach an address with."""
        proxy = self._proxy_for(url)
        with self._lock:
            if proxy not in self._made:
                self._made[proxy] = self._new(proxy)
            return self._made[proxy]

    def _new(self, proxy: str) -> urllib3.PoolManager:
        manager: urllib3.PoolManager
        if proxy:
            bare, headers = credentials(proxy, "Proxy-Authorization")
            manager = urllib3.ProxyManager(bare, proxy_headers=headers, maxsize=self._connections)
        else:
            manager = urllib3.PoolManager(maxsize=self._connections)
        manager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
        return manager

    def close(self) -> None:
        """Close every connection that is not in use."""
        for manager in self._made.values():
            manager.clear()

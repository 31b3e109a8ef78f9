"""A deadline for a whole download, the headers of its response included.

urllib3 and http.client limit the wait for the next byte only, which a server that sends one byte
at a time never exceeds. At the deadline the socket is shut down, which ends the read under way.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from contextvars import ContextVar

import urllib3
from urllib3 import connection, connectionpool


class Deadline:
    """Shuts down the connection that the thread which made it reads from, when time is over."""

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        self.sock: socket.socket | None = None
        self._timer = threading.Timer(seconds, self.end)
        self._timer.daemon = True
        self._timer.start()
        _CURRENT.set(self)

    def end(self) -> None:
        """Act as if the time were over; safe to call from any thread."""
        self.is_over = True
        if self.sock is not None:
            with suppress(OSError):
                # Not SSLSocket.shutdown: it also drops the TLS state that another thread uses.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    def close(self) -> None:
        """Stop watching."""
        self.sock = None
        self._timer.cancel()


#: urllib3 passes nothing from the caller of a request to the connection that is used for it.
_CURRENT: ContextVar[Deadline] = ContextVar("_CURRENT")


class _HTTPConnection(connection.HTTPConnection):
    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]
        deadline = _CURRENT.get()
        deadline.sock = self.sock
        if deadline.is_over:
            deadline.end()
        return super().getresponse()


class _HTTPSConnection(_HTTPConnection, connection.HTTPSConnection):
    pass


class _HTTPConnectionPool(connectionpool.HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSConnectionPool(connectionpool.HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


#: For ``PoolManager.pool_classes_by_scheme``: connections that the deadline of a thread watches.
POOL_CLASSES = {"http": _HTTPConnectionPool, "https": _HTTPSConnectionPool}

"""A web server on this machine that responds as a test asks, also in ways that no server should.

``server.respond(path, first, second, …)``: the first request for the path gets the first response,
and so on; the last one is repeated. A response is a function of the handler, made by those below.
"""

from __future__ import annotations

import gzip
import io
import socket
import ssl
import struct
import sys
import tarfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Response = Callable[["Handler"], None]


@dataclass(frozen=True)
class Request:
    """One request that was received."""

    path: str
    headers: Mapping[str, str]
    connection: int


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    requests: list[Request]
    responses: dict[str, list[Response]]

    def handle_error(self, *_: Any) -> None:
        """Print nothing about clients that disconnect: tests make them do so."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Quiet

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.requests.append(Request(self.path, headers, self.client_address[1]))
        responses = self.server.responses.get(self.path) or [status(404)]
        (responses.pop(0) if len(responses) > 1 else responses[0])(self)

    def head(self, code: int, **headers: str) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        pass


class Server:
    def __init__(self, http: _Quiet, scheme: str) -> None:
        self._http = http
        self._scheme = scheme

    @property
    def base(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._http.server_address[1]}"

    @property
    def requests(self) -> list[Request]:
        return self._http.requests

    def respond(self, path: str, *responses: Response) -> str:
        self._http.responses[path] = list(responses)
        return self.base + path


@contextmanager
def running(port: int = 0, context: ssl.SSLContext | None = None) -> Iterator[Server]:
    http = _Quiet(("127.0.0.1", port), Handler)
    http.requests, http.responses = [], {}
    if context is not None:
        http.socket = context.wrap_socket(http.socket, server_side=True)
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield Server(http, "http" if context is None else "https")
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


# Responses.


def body(data: bytes, code: int = 200, **headers: str) -> Response:
    """Response as a good server does."""

    def respond(handler: Handler) -> None:
        handler.head(code, Content_Length=str(len(data)), **headers)
        with suppress(ConnectionError):
            handler.wfile.write(data)

    return respond


def status(code: int, **headers: str) -> Response:
    return body(f"status {code}".encode(), code, **headers)


def redirect(location: str) -> Response:
    return body(b"moved", 302, Location=location)


def chunked(data: bytes, *, whole: bool = True) -> Response:
    """Response in chunks, as GitHub does; if not ``whole``, go away in the middle of one."""

    def respond(handler: Handler) -> None:
        handler.head(200, Transfer_Encoding="chunked")
        for at in range(0, len(data), 1000):
            piece = data[at : at + 1000]
            handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            if not whole:
                handler.wfile.write(b"3e8\r\nabc")
                _disconnect(handler)
                return
        handler.wfile.write(b"0\r\n\r\n")

    return respond


def wrong_length(data: bytes, by: int) -> Response:
    """Send a Content-Length that is wrong by some bytes, then disconnect."""

    def respond(handler: Handler) -> None:
        handler.head(200, Content_Length=str(len(data) + by))
        with suppress(ConnectionError):
            handler.wfile.write(data)
        _disconnect(handler)

    return respond


def close_delimited(data: bytes) -> Response:
    """Response without a length and go away, as HTTP/1.0 did."""

    def respond(handler: Handler) -> None:
        handler.head(200, Connection="close")
        handler.wfile.write(data)
        _disconnect(handler)

    return respond


def reset(data: bytes = b"") -> Response:
    """Reset the connection, after some bytes or before any."""

    def respond(handler: Handler) -> None:
        if data:
            handler.head(200, Content_Length=str(len(data) * 2))
            handler.wfile.write(data)
            handler.wfile.flush()
            time.sleep(0.02)
        linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        handler.close_connection = True
        handler.rfile.close()
        handler.connection.close()

    return respond


def stall(seconds: float, data: bytes = b"") -> Response:
    """Send a few bytes and then nothing for a while."""

    def respond(handler: Handler) -> None:
        handler.head(200, Content_Length=str(len(data) + 1000))
        handler.wfile.write(data)
        handler.wfile.flush()
        time.sleep(seconds)
        _disconnect(handler)

    return respond


def trickle(data: bytes, pause: float, *, head: bool = False) -> Response:
    """Send a byte at a time, of the body or of the ``head`` before it."""

    def respond(handler: Handler) -> None:
        if not head:
            handler.head(200, Content_Length=str(len(data)))
        with suppress(ConnectionError, ValueError):
            for byte in data:
                handler.wfile.write(bytes([byte]))
                handler.wfile.flush()
                time.sleep(pause)
        _disconnect(handler)

    return respond


def when(name: str, value: str, then: Response, otherwise: Response) -> Response:
    """Response by what a header says."""

    def respond(handler: Handler) -> None:
        (then if handler.headers.get(name) == value else otherwise)(handler)

    return respond


def not_modified(handler: Handler) -> None:
    handler.head(304)


def _disconnect(handler: Handler) -> None:
    handler.close_connection = True
    with suppress(OSError):
        handler.connection.shutdown(socket.SHUT_RDWR)


# Archives.

Files = Mapping[str, bytes]


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = link
    return info


def archive(
    files: Files,
    *more: tarfile.TarInfo,
    top: str = "deps-zlib-1.3.1",
    commit: str = "",
    level: int = 9,
) -> bytes:
    """Return a .tar.gz as GitHub makes it: global header, top directory, files, ``more``."""
    return gzip.compress(tar(files, *more, top=top, commit=commit), level, mtime=0)


def tar(
    files: Files, *more: tarfile.TarInfo, top: str = "deps-zlib-1.3.1", commit: str = ""
) -> bytes:
    target = io.BytesIO()
    headers = {"comment": commit} if commit else {}
    with tarfile.open(
        fileobj=target, mode="w", format=tarfile.PAX_FORMAT, pax_headers=headers
    ) as made:
        made.addfile(member(f"{top}/", tarfile.DIRTYPE))
        for path, data in files.items():
            info = member(f"{top}/{path}")
            info.size = len(data)
            made.addfile(info, io.BytesIO(data))
        for info in more:
            made.addfile(info, io.BytesIO(b"\0" * info.size))
    return target.getvalue()

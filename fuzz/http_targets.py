"""What is fuzzed of HTTP: whole responses, and what an index answers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import cache
from typing import IO

from mutators import mutate_json
from target import Target

from sbom.diagnostics import SbomError
from sbom.download.client import RETRY, Client, DownloadLimits, Validators
from sbom.download.package_index import look_up
from sbom.manifest.pins import Vendored

_LIMITS = DownloadLimits(connect_timeout=1, read_timeout=0.5, total_timeout=5, size=1 << 20)
_PIP = Vendored(name="pip", version="26.2.1")
_KNOWN = Validators(etag='"a"')


class _Server:
    """Answers every request with the same bytes, and closes the connection."""

    def __init__(self) -> None:
        self.response = b""
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listening.accept()
            with closing(connection), suppress(OSError):
                connection.settimeout(1)
                connection.recv(1 << 16)
                connection.sendall(self.response)


@cache
def _server() -> _Server:
    return _Server()


def _client() -> Client:
    """Return a client that reaches no other server: it takes this one for the proxy of all."""
    return Client(
        limits=_LIMITS,
        retry=RETRY.new(total=1, backoff_factor=0, backoff_jitter=0),
        sleep=lambda _event, _seconds: None,
        proxy_for=lambda _: f"http://127.0.0.1:{_server().port}",
    )


def _run_response(data: bytes) -> None:
    _server().response = data
    with closing(_client()) as client:
        for known in (Validators(), _KNOWN):
            with suppress(SbomError):
                client.get("http://127.0.0.1/a", _read, known)


def _read(body: IO[bytes], _: Validators) -> bytes:
    return body.read()


def _run_index(data: bytes) -> None:
    _server().response = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(data), data)
    with closing(_client()) as client:
        look_up(client, [(_PIP, "pip")], lambda _: "http://127.0.0.1/simple/pip/")


def _response_seeds() -> Iterator[bytes]:
    start = b"HTTP/1.1 200 OK\r\n"
    yield start + b'Content-Length: 3\r\nETag: "a"\r\n\r\nabc'
    yield start + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    yield b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/b\r\nContent-Length: 0\r\n\r\n"
    yield b"HTTP/1.1 304 Not Modified\r\n\r\n"
    yield b"HTTP/1.1 429 Slow Down\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"
    yield b"HTTP/1.0 403 No\r\nRetry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n\r\n"
    yield b"HTTP/1.1 100 Continue\r\n\r\n" + start + b"\r\nabc"


TARGETS = (
    Target(
        name="http-response",
        run=_run_response,
        seeds=_response_seeds,
        words=(b"\r\nLocation: ", b"https://", b"\r\nContent-Length: ", b"\r\nRetry-After: ",
               b"\r\nTransfer-Encoding: chunked", b"\r\nContent-Encoding: gzip", b"Content-Range: ",
               b"HTTP/1.1 307 ", b"HTTP/1.1 500 ", b"http://[::1]:99999/", b"http://a:b@c/"),
    ),
    Target(
        name="package-index",
        run=_run_index,
        seeds=lambda: [
            b'{"files":[{"filename":"pip-26.2.1-py3-none-any.whl","url":"https://a/b",'
            b'"hashes":{"sha256":"' + b"ab" * 32 + b'"}},{"filename":"pip-26.2.1.tar.gz",'
            b'"url":"https://a/c#d","hashes":{}}]}'
        ],
        mutator=mutate_json,
    ),
)  # fmt: skip

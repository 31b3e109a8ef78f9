"""A body is downloaded whole, in time and from where it should come, or an error says why not."""

from __future__ import annotations

import gc
import logging
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import IO, Any

import pytest
from server import (
    Handler,
    Response,
    Server,
    body,
    chunked,
    close_delimited,
    free_port,
    not_modified,
    redirect,
    reset,
    running,
    stall,
    status,
    trickle,
    when,
    wrong_length,
)
from urllib3 import Retry

from sbom.diagnostics import InputError, OperationalError
from sbom.download.client import RETRY, Client, DownloadLimits, Validators
from sbom.download.connections import DownloadError, FailureReason, origin, redact_url

DATA = bytes(range(256)) * 400
SLOW_HEAD = b"HTTP/1.1 200 OK\r\n" + b"X" * 500
TOKEN = "ghp_" + "s3cr3t" * 6
NOW = 1_700_000_000.0
LIMITS = DownloadLimits(read_timeout=0.5, connect_timeout=5, total_timeout=300)
#: Waits of 0, 1, 2, 4, … s by the documentation of urllib3.Retry.
FOUR_ATTEMPTS = RETRY.new(total=3, backoff_jitter=0)


@dataclass
class FakeClock:
    """A clock that advances only by sleeping, and what was slept."""

    slept: list[float] = field(default_factory=list)
    on_sleep: Callable[[], None] = lambda: None

    def sleep(self, _: threading.Event, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.on_sleep()

    def now(self) -> float:
        return sum(self.slept)


def received(body: IO[bytes], validators: Validators) -> tuple[bytes, Validators]:
    return body.read(), validators


def body_of(client: Client, url: str, known: Validators | None = None) -> bytes | None:
    parsed = client.get(url, received, known or Validators())
    return parsed[0] if parsed else None


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture
def other() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture
def fake() -> FakeClock:
    return FakeClock()


@contextmanager
def new_client(
    fake: FakeClock, *, limits: DownloadLimits = LIMITS, retry: Retry = FOUR_ATTEMPTS, **more: Any
) -> Iterator[Client]:
    settings = {"now": fake.now, "sleep": fake.sleep, "proxy_for": lambda _: "", **more}
    client = Client(limits=limits, retry=retry, **settings)
    yield client
    client.close()
    gc.collect()


@pytest.fixture
def client(fake: FakeClock) -> Iterator[Client]:
    with new_client(fake) as client:
        yield client


def failure(client: Client, url: str, *, retry_missing: bool = False) -> str:
    with pytest.raises(OperationalError) as caught:
        client.get(url, received, retry_missing=retry_missing)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.location.path == redact_url(url)
    return diagnostic.message


# Responses as they should be.


@pytest.mark.parametrize("response", [body(DATA), chunked(DATA), close_delimited(DATA)])
def test_a_body_is_downloaded_whole(server: Server, client: Client, response: Response) -> None:
    assert body_of(client, server.respond("/a", response)) == DATA


def test_a_connection_is_reused(server: Server, client: Client) -> None:
    url = server.respond("/a", body(DATA), chunked(DATA), status(503), redirect("/b"))
    server.respond("/b", body(DATA))
    for _ in range(3):
        body_of(client, url)
    assert len(server.requests) == 5
    assert len({request.connection for request in server.requests}) == 1


def test_a_body_is_not_decoded(server: Server, client: Client) -> None:
    url = server.respond("/a", body(DATA, Content_Encoding="gzip"))
    assert body_of(client, url) == DATA
    assert server.requests[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("name", "condition", "value"),
    [
        ("ETag", "If-None-Match", '"1"'),
        ("Last_Modified", "If-Modified-Since", "Sat, 01 Jan 2022 00:00:00 GMT"),
    ],
)
def test_a_known_body_is_not_downloaded_again(
    server: Server, client: Client, name: str, condition: str, value: str
) -> None:
    whole = body(DATA, 200, **{name: value})
    url = server.respond("/a", when(condition, value, not_modified, whole))
    first = client.get(url, received)
    assert first is not None
    assert body_of(client, url, first[1]) is None
    assert body_of(client, url, Validators("other")) == DATA


def test_an_equal_etag_is_enough_where_the_server_ignores_the_condition(
    server: Server, client: Client
) -> None:
    url = server.respond("/a", body(DATA, ETag='"1"'))
    assert body_of(client, url, Validators('"1"')) is None
    assert body_of(client, url, Validators('"2"')) == DATA


# Failures that may pass are retried.


@pytest.mark.parametrize(
    "response",
    [
        status(500),
        status(502),
        status(503),
        status(429),
        reset(),
        reset(DATA),
        stall(2),
        stall(2, DATA),
        wrong_length(DATA, 10),
        wrong_length(DATA, 10_000_000),
        chunked(DATA, whole=False),
    ],
)
def test_a_failure_that_passes_is_retried(
    server: Server, client: Client, fake: FakeClock, response: Response
) -> None:
    assert body_of(client, server.respond("/a", response, response, body(DATA))) == DATA
    assert len(server.requests) == 3
    assert fake.slept == [0, 1]


def test_a_retry_does_not_use_the_connection_of_a_damaged_body(
    server: Server, client: Client
) -> None:
    def parse(body: IO[bytes], _: Validators) -> bytes:
        if len(server.requests) == 1:
            raise DownloadError(FailureReason.INCOMPLETE)
        return body.read()

    assert client.get(server.respond("/a", body(DATA)), parse) == DATA
    first, second = server.requests
    assert first.connection != second.connection


def test_a_refused_connection_is_retried_until_the_server_is_up(
    client: Client, fake: FakeClock
) -> None:
    port = free_port()
    with ExitStack() as stack:

        def start() -> None:
            if len(fake.slept) == 2:
                stack.enter_context(running(port)).respond("/a", body(DATA))

        fake.on_sleep = start
        assert body_of(client, f"http://127.0.0.1:{port}/a") == DATA
    assert fake.slept == [0, 1]


@pytest.mark.parametrize(
    ("response", "message"),
    [
        (status(500), "HTTP 500 Internal Server Error (4 attempts in 3 s)"),
        (status(599), "HTTP 599 (4 attempts in 3 s)"),
        (reset(), "connection closed by the server (4 attempts in 3 s)"),
        (reset(DATA), "connection closed by the server (4 attempts in 3 s)"),
        (wrong_length(DATA, 10), "response ended early (4 attempts in 3 s)"),
        (chunked(DATA, whole=False), "response ended early (4 attempts in 3 s)"),
    ],
)
def test_a_failure_that_stays_is_reported_with_the_number_of_attempts(
    server: Server, client: Client, response: Response, message: str
) -> None:
    found = failure(client, server.respond("/a", response))
    if sys.platform == "win32" and message.startswith("connection closed"):
        # Wine ends a connection that is to be reset as any other.
        found = found.replace("response ended early", "connection closed by the server")
    assert found == message
    assert len(server.requests) == 4


def test_a_connection_that_stays_refused(client: Client) -> None:
    message = failure(client, f"http://127.0.0.1:{free_port()}/a")
    assert message == "connection refused (4 attempts in 3 s)"


def test_a_server_that_sends_nothing(server: Server, fake: FakeClock) -> None:
    limits, retry = DownloadLimits(read_timeout=0.1), FOUR_ATTEMPTS.new(total=1)
    with new_client(fake, limits=limits, retry=retry) as client:
        message = failure(client, server.respond("/a", stall(0.3)))
    assert message == "no data for 0.1 s (2 attempts in 0 s)"


@pytest.mark.parametrize("code", [400, 401, 403, 404, 410, 418, 204])
def test_a_status_that_will_stay_is_not_retried(
    server: Server, client: Client, fake: FakeClock, code: int
) -> None:
    assert failure(client, server.respond("/a", status(code))).startswith(f"HTTP {code} ")
    assert fake.slept == []


def test_a_missing_tag_is_retried_where_it_may_be_new(server: Server, client: Client) -> None:
    url = server.respond("/a", status(404), status(404), body(DATA))
    assert client.get(url, received, retry_missing=True) == (DATA, Validators())
    url = server.respond("/b", status(404))
    message = failure(client, url, retry_missing=True)
    assert message == "HTTP 404 Not Found (4 attempts in 3 s)"


@pytest.mark.parametrize(
    ("header", "slept"),
    [
        ("7", 7),
        (format_datetime(datetime.fromtimestamp(NOW + 9, UTC), usegmt=True), 9),
        (format_datetime(datetime.fromtimestamp(NOW - 9, UTC), usegmt=True), 0),
        ("99999", 120),
        ("9" * 400, 120),
        ("9" * 5000, 0),
        ("soon", 0),
        ("-5", 0),
    ],
)
def test_a_retry_waits_as_long_as_the_server_asks_for(
    server: Server, fake: FakeClock, monkeypatch: pytest.MonkeyPatch, *, header: str, slept: float
) -> None:
    monkeypatch.setattr(time, "time", lambda: NOW)
    with new_client(fake) as client:
        for code in (429, 503, 403):
            fake.slept.clear()
            url = server.respond("/a", status(code, Retry_After=header), body(DATA))
            assert body_of(client, url) == DATA
            assert fake.slept == [slept]


def test_waits_grow_by_an_exponential_and_a_random_part(server: Server, fake: FakeClock) -> None:
    with new_client(fake, retry=RETRY) as client:
        failure(client, server.respond("/a", status(500)))
    shortest = [0, 1, 2, 4, 8]
    assert len(fake.slept) == len(shortest)
    assert all(low <= slept <= low + 1 for low, slept in zip(shortest, fake.slept, strict=True))


def test_who_parses_a_body_can_ask_for_another_attempt(server: Server, client: Client) -> None:
    bodies: list[bytes] = []

    def parse_third(body: IO[bytes], _: Validators) -> int:
        bodies.append(body.read())
        if len(bodies) < 3:
            raise DownloadError(FailureReason.INCOMPLETE)
        return len(bodies)

    url = server.respond("/a", body(DATA))
    assert client.get(url, parse_third) == 3
    assert bodies == [DATA] * 3


def test_an_unconditional_request_is_not_answered_by_not_modified(
    server: Server, client: Client
) -> None:
    assert failure(client, server.respond("/a", not_modified)) == "HTTP 304 Not Modified"


# Limits.


@pytest.mark.parametrize("head", [False, True])
def test_a_server_that_sends_a_byte_now_and_then_does_not_block_a_download(
    server: Server, *, head: bool
) -> None:
    client = Client(
        limits=DownloadLimits(read_timeout=5, total_timeout=0.5), proxy_for=lambda _: ""
    )
    url = server.respond("/a", trickle(SLOW_HEAD if head else DATA, 0.02, head=head))
    started = time.monotonic()
    assert failure(client, url) == "not finished in 0.5 s"
    assert time.monotonic() - started < 4
    client.close()


def test_a_body_without_a_length_is_not_taken_for_whole_at_the_deadline(server: Server) -> None:
    def respond(handler: Handler) -> None:
        handler.head(200, Connection="close")
        trickle(DATA, 0.02, head=True)(handler)

    client = Client(limits=DownloadLimits(total_timeout=0.3), proxy_for=lambda _: "")
    assert failure(client, server.respond("/a", respond)) == "not finished in 0.3 s"
    client.close()


def test_a_server_that_trickles_over_tls_does_not_block_a_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = certified(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    client = Client(limits=DownloadLimits(total_timeout=1), proxy_for=lambda _: "")
    with running(context=context) as secure:
        assert body_of(client, secure.respond("/a", body(DATA))) == DATA
        started = time.monotonic()
        for data, head in ((DATA, False), (SLOW_HEAD, True)):
            url = secure.respond("/b", trickle(data, 0.02, head=head))
            assert failure(client, url) == "not finished in 1 s"
        assert time.monotonic() - started < 8
    client.close()


def test_no_wait_is_longer_than_the_time_left(server: Server, fake: FakeClock) -> None:
    with new_client(fake, limits=DownloadLimits(total_timeout=10)) as client:
        message = failure(client, server.respond("/a", status(503, Retry_After="60")))
    assert message == "HTTP 503 Service Unavailable"
    assert fake.slept == []


@pytest.mark.parametrize("response", [body(DATA), chunked(DATA), close_delimited(DATA)])
def test_a_body_that_is_too_large(server: Server, fake: FakeClock, response: Response) -> None:
    with new_client(fake, limits=DownloadLimits(size=70_000)) as client:
        message = failure(client, server.respond("/a", response))
    assert message == "larger than 70000 bytes"
    assert len(server.requests) == 1


def test_a_disk_that_refuses_a_body_is_not_taken_for_a_failure_of_the_server(
    server: Server, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    assert body_of(client, server.respond("/a", body(DATA))) == DATA
    with pytest.raises(OperationalError, match="temporary file: cannot be written: No such file"):
        body_of(client, server.respond("/b", body(DATA * 20)))
    assert len(server.requests) == 2


@pytest.mark.parametrize("response", [trickle(DATA, 0.02), stall(5, DATA)])
def test_a_client_can_be_stopped(server: Server, response: Response) -> None:
    client = Client(proxy_for=lambda _: "")
    url = server.respond("/a", response)
    threading.Timer(0.1, client.stop).start()
    started = time.monotonic()
    assert failure(client, url) == "interrupted"
    assert time.monotonic() - started < 4
    assert failure(client, server.respond("/b", status(500))) == "interrupted"
    client.close()


# Redirects, and who may see the token.


def with_token(fake: FakeClock, server: Server) -> AbstractContextManager[Client]:
    return new_client(fake, token=TOKEN, token_origins=frozenset({origin(server.base)}))


def test_the_token_is_sent_to_its_origins_only(
    server: Server, other: Server, fake: FakeClock
) -> None:
    other.respond("/b", redirect(f"{server.base}/c"))
    server.respond("/c", body(DATA))
    with with_token(fake, server) as client:
        assert body_of(client, server.respond("/a", redirect(f"{other.base}/b"))) == DATA
    sent = [request.headers.get("authorization") for request in server.requests]
    assert sent == [f"Bearer {TOKEN}"] * 2
    assert ["authorization" in request.headers for request in other.requests] == [False]


def test_the_token_is_not_sent_to_another_host(server: Server, fake: FakeClock) -> None:
    for token in ("", TOKEN):
        with new_client(fake, token=token) as client:
            assert body_of(client, server.respond("/a", body(DATA))) == DATA
        assert "authorization" not in server.requests[-1].headers


def test_a_password_in_a_url_is_sent_to_its_host_only(
    server: Server, other: Server, fake: FakeClock
) -> None:
    url = server.base.replace("//", "//user:p%40ss@") + "/a"
    server.respond("/a", redirect("/b"))
    server.respond("/b", redirect(f"{other.base}/c"))
    other.respond("/c", status(404))
    with (
        with_token(fake, server) as client,
        pytest.raises(OperationalError) as caught,
    ):
        client.get(url, received)
    assert "user" not in str(caught.value)
    assert "p%40ss" not in str(caught.value)
    sent = [request.headers.get("authorization") for request in server.requests]
    assert sent == ["Basic dXNlcjpwQHNz"] * 2
    assert "authorization" not in other.requests[0].headers


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("/a", "more than 5 redirects, the last to {base}/a"),
        ("ftp://127.0.0.1/x", "redirect to ftp://127.0.0.1/x not followed"),
        ("file:///etc/passwd", "redirect to invalid URL not followed"),
        ("", "redirect to nowhere not followed"),
    ],
)
def test_a_redirect_that_is_not_followed(
    server: Server, client: Client, location: str, message: str
) -> None:
    url = server.respond("/a", redirect(location))
    assert failure(client, url) == message.format(base=server.base)


def test_a_redirect_from_https_to_http_is_not_followed(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake: FakeClock
) -> None:
    context = certified(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    target = server.respond("/a", body(DATA))
    with running(context=context) as secure, new_client(fake) as client:
        message = failure(client, secure.respond("/a", redirect(target)))
    assert message == f"redirect to {target} not followed"
    assert server.requests == []


def test_the_token_is_in_no_error_log_or_output(
    server: Server,
    fake: FakeClock,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    responses = (
        status(401),
        status(500),
        reset(),
        wrong_length(DATA, 5),
        redirect("/a"),
        stall(2),
    )
    with with_token(fake, server) as client:
        texts = [repr(client)]
        for response in responses:
            with pytest.raises(OperationalError) as caught:
                client.get(server.respond("/a", response), received)
            error: BaseException | None = caught.value
            while error is not None:
                texts += [str(error), repr(error), repr(error.args)]
                error = error.__cause__ or error.__context__
    texts += [caplog.text, *capfd.readouterr()]
    assert all(TOKEN not in text for text in texts)


@pytest.mark.parametrize("token", [TOKEN + "\n", f"a {TOKEN}", TOKEN + "é", TOKEN + "\x00"])
def test_an_invalid_token_is_not_printed(token: str) -> None:
    with pytest.raises(InputError) as caught:
        Client(token=token)
    assert TOKEN not in str(caught.value)
    assert str(caught.value).startswith("GITHUB_TOKEN: is not a token")


# URLs and certificates.


@pytest.mark.parametrize("url", ["", "nothing", "ftp://127.0.0.1/a", "http://[::1/a", "http:///a"])
def test_an_invalid_url(client: Client, fake: FakeClock, url: str) -> None:
    assert failure(client, url) == "invalid URL"
    assert fake.slept == []


def certified(directory: Path) -> ssl.SSLContext:
    """Return the context of a server with a self-signed certificate, ``cert.pem``."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make a certificate with")
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    files = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files += ["-keyout", "key.pem", "-out", "cert.pem"]
    command = [openssl, *words.split(), *files]
    subprocess.run(command, cwd=directory, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "cert.pem", directory / "key.pem")
    return context


def test_an_untrusted_certificate(tmp_path: Path, client: Client, fake: FakeClock) -> None:
    with running(context=certified(tmp_path)) as secure:
        message = failure(client, secure.respond("/a", body(DATA)))
    assert message == "certificate verification failed: self-signed certificate"
    assert fake.slept == []


# Proxies and threads.


def test_the_password_of_a_proxy_is_sent_to_it_and_the_token_is_not(
    server: Server, fake: FakeClock
) -> None:
    server.respond("http://externals.invalid/a", body(DATA))
    proxy = server.base.replace("//", "//user:pass@")
    with new_client(fake, token=TOKEN, proxy_for=lambda _: proxy) as client:
        assert body_of(client, "http://externals.invalid/a") == DATA
    assert server.requests[0].headers["proxy-authorization"] == "Basic dXNlcjpwYXNz"
    assert "authorization" not in server.requests[0].headers


def test_threads_share_connections(server: Server, client: Client) -> None:
    urls = [server.respond(f"/{number}", body(DATA)) for number in range(40)]
    threads = [
        threading.Thread(target=lambda part=part: [client.get(url, received) for url in part])
        for part in (urls[::4], urls[1::4], urls[2::4], urls[3::4])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.requests) == 40
    assert len({request.connection for request in server.requests}) <= 4


def test_no_connection_is_opened_before_a_download(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("opened a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    Client(token=TOKEN).close()

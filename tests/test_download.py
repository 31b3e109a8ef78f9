"""Bytes are had whole, in time and from where they should come, or the problem says why not."""

from __future__ import annotations

import gc
import logging
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from server import (
    Server,
    body,
    chunked,
    free_port,
    lengthened,
    not_modified,
    redirect,
    reset,
    running,
    stall,
    status,
    trickle,
    unmeasured,
    when,
)

from sbom.diagnostics import InputError, OperationalError
from sbom.download.addresses import origin, shown, system_proxy
from sbom.download.client import Body, Bounds, Client, IncompleteError, Surroundings, Validators

DATA = bytes(range(256)) * 400
TOKEN = "ghp_" + "s3cr3t" * 6
NOW = 1_700_000_000.0


@dataclass
class World:
    """A clock that sleeping moves, and what was slept."""

    slept: list[float] = field(default_factory=list)
    on_sleep: Callable[[], None] = lambda: None

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.on_sleep()

    def surroundings(self) -> Surroundings:
        return Surroundings(
            clock=lambda: time.monotonic() + sum(self.slept),
            now=lambda: NOW,
            sleep=self.sleep,
            chance=lambda: 0.5,
            proxy_for=lambda _: "",
        )


FAST = Bounds(silence=0.3, connect=2, total=300, attempts=4)


def read(answer: Body) -> bytes:
    return b"".join(answer.chunks)


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as one:
        yield one


@pytest.fixture
def other() -> Iterator[Server]:
    with running() as one:
        yield one


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def client(world: World) -> Iterator[Client]:
    one = Client(bounds=FAST, surroundings=world.surroundings())
    yield one
    one.close()
    gc.collect()


def problem(client: Client, url: str, *, fresh: bool = False) -> str:
    with pytest.raises(OperationalError) as caught:
        client.get(url, read, fresh=fresh)
    (one,) = caught.value.diagnostics
    assert one.file == shown(url)
    return one.message


# Answers that are well.


@pytest.mark.parametrize("answer", [body(DATA), chunked(DATA), unmeasured(DATA)])
def test_bytes_arrive(server: Server, client: Client, answer: Callable[..., None]) -> None:
    assert client.get(server.say("/a", answer), read) == DATA


def test_a_connection_is_used_again(server: Server, client: Client) -> None:
    url = server.say("/a", body(DATA), chunked(DATA), status(503), redirect("/b"))
    server.say("/b", body(DATA))
    for _ in range(3):
        client.get(url, read)
    assert len(server.asked) == 5
    assert len({asked.connection for asked in server.asked}) == 1


def test_bytes_are_not_decoded(server: Server, client: Client) -> None:
    url = server.say("/a", body(DATA, Content_Encoding="gzip"))
    assert client.get(url, read) == DATA
    assert server.asked[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("name", "asks", "value"),
    [
        ("ETag", "If-None-Match", '"1"'),
        ("Last_Modified", "If-Modified-Since", "Sat, 01 Jan 2022 00:00:00 GMT"),
    ],
)
def test_what_is_known_is_not_sent_again(
    server: Server, client: Client, name: str, asks: str, value: str
) -> None:
    whole = body(DATA, 200, **{name: value})
    url = server.say("/a", when(asks, value, not_modified, whole))
    said = client.get(url, lambda answer: (read(answer), answer.validators)[1])
    assert isinstance(said, Validators)
    assert client.get(url, read, said) is None
    assert client.get(url, read, Validators("other")) == DATA


def test_an_etag_is_enough_where_the_condition_is_not_heeded(
    server: Server, client: Client
) -> None:
    url = server.say("/a", body(DATA, ETag='"1"'))
    assert client.get(url, read, Validators('"1"')) is None
    assert client.get(url, read, Validators('"2"')) == DATA


# What may pass is asked again.


@pytest.mark.parametrize(
    "answer",
    [
        status(500),
        status(502),
        status(503),
        status(429),
        reset(),
        reset(DATA),
        stall(0.6),
        stall(0.6, DATA),
        lengthened(DATA, 10),
        lengthened(DATA, 10_000_000),
        chunked(DATA, whole=False),
    ],
)
def test_a_failure_that_passes(
    server: Server, client: Client, world: World, answer: Callable[..., None]
) -> None:
    assert client.get(server.say("/a", answer, answer, body(DATA)), read) == DATA
    assert len(server.asked) == 3
    assert world.slept == [0.5, 1.0]


def test_refused_until_the_server_is_up(client: Client, world: World) -> None:
    port = free_port()
    with ExitStack() as stack:

        def start() -> None:
            if len(world.slept) == 2:
                stack.enter_context(running(port)).say("/a", body(DATA))

        world.on_sleep = start
        assert client.get(f"http://127.0.0.1:{port}/a", read) == DATA
    assert world.slept == [0.5, 1.0]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (status(500), "answered 500 Internal Server Error, 4 times in 4 s"),
        (status(599), "answered 599, 4 times in 4 s"),
        (reset(), "broke the connection off, 4 times in 4 s"),
        (reset(DATA), "broke the connection off, 4 times in 4 s"),
        (lengthened(DATA, 10), "ended its answer early, 4 times in 4 s"),
        (chunked(DATA, whole=False), "ended its answer early, 4 times in 4 s"),
    ],
)
def test_a_failure_that_stays(
    server: Server, client: Client, answer: Callable[..., None], message: str
) -> None:
    assert problem(client, server.say("/a", answer)) == message
    assert len(server.asked) == 4


def test_refused_for_good(client: Client) -> None:
    message = problem(client, f"http://127.0.0.1:{free_port()}/a")
    assert message == "refused the connection, 4 times in 4 s"


def test_silence_for_good(server: Server, world: World) -> None:
    bounds = Bounds(silence=0.1, attempts=2)
    client = Client(bounds=bounds, surroundings=world.surroundings())
    assert problem(client, server.say("/a", stall(0.3))).startswith(
        "sent nothing for 0.1 s, 2 times"
    )
    client.close()


@pytest.mark.parametrize("code", [400, 401, 403, 404, 410, 418, 204])
def test_an_answer_that_stays_is_not_asked_again(
    server: Server, client: Client, world: World, code: int
) -> None:
    assert problem(client, server.say("/a", status(code))).startswith(f"answered {code} ")
    assert world.slept == []


def test_a_fresh_tag_is_not_found_for_a_moment(server: Server, client: Client) -> None:
    url = server.say("/a", status(404), status(404), body(DATA))
    assert client.get(url, read, fresh=True) == DATA
    url = server.say("/b", status(404))
    assert problem(client, url, fresh=True) == "answered 404 Not Found, 4 times in 4 s"


@pytest.mark.parametrize(
    ("said", "slept"),
    [
        ("7", 7),
        (format_datetime(datetime.fromtimestamp(NOW + 9, UTC), usegmt=True), 9),
        (format_datetime(datetime.fromtimestamp(NOW - 9, UTC), usegmt=True), 0),
        ("99999", 120),
        ("9" * 400, 120),
        ("soon", 0.5),
        ("-5", 0.5),
    ],
)
def test_a_server_says_when(
    server: Server, client: Client, world: World, said: str, slept: float
) -> None:
    for code in (429, 503, 403):
        world.slept.clear()
        url = server.say("/a", status(code, Retry_After=said), body(DATA))
        assert client.get(url, read) == DATA
        assert world.slept == [slept]


@pytest.mark.parametrize("chance", [0.0, 0.999])
def test_waits_grow_and_are_left_to_chance(server: Server, world: World, chance: float) -> None:
    around = replace(world.surroundings(), chance=lambda: chance)
    client = Client(bounds=Bounds(attempts=9, longest=20), surroundings=around)
    problem(client, server.say("/a", status(500)))
    client.close()
    assert world.slept == [round(chance * most, 3) for most in (1, 2, 4, 8, 16, 20, 20, 20)]


def test_who_reads_may_ask_for_another(server: Server, client: Client) -> None:
    came: list[bytes] = []

    def use(answer: Body) -> int:
        came.append(read(answer))
        if len(came) < 3:
            raise IncompleteError("is cut short")
        return len(came)

    assert client.get(server.say("/a", body(DATA)), use) == 3


# Bounds.


@pytest.mark.parametrize("head", [False, True])
def test_a_byte_now_and_then_does_not_hold_us(server: Server, *, head: bool) -> None:
    around = Surroundings(proxy_for=lambda _: "")
    client = Client(bounds=Bounds(silence=5, total=0.5), surroundings=around)
    data = b"HTTP/1.1 200 OK\r\n" + b"X" * 500 if head else DATA
    url = server.say("/a", trickle(data, 0.02, head=head))
    started = time.monotonic()
    with pytest.raises(OperationalError, match=r"took longer than 0\.5 s"):
        client.get(url, read)
    assert time.monotonic() - started < 1
    client.close()


def test_no_wait_goes_past_the_deadline(server: Server, world: World) -> None:
    client = Client(bounds=Bounds(total=10), surroundings=world.surroundings())
    message = problem(client, server.say("/a", status(503, Retry_After="60")))
    assert message == "answered 503 Service Unavailable"
    assert world.slept == []
    client.close()


@pytest.mark.parametrize("answer", [body(DATA), chunked(DATA), unmeasured(DATA)])
def test_a_body_that_is_too_large(
    server: Server, world: World, answer: Callable[..., None]
) -> None:
    client = Client(bounds=Bounds(size=70_000), surroundings=world.surroundings())
    assert problem(client, server.say("/a", answer)) == "is larger than 70000 bytes"
    assert len(server.asked) == 1
    client.close()


def test_stopped(server: Server) -> None:
    client = Client(surroundings=Surroundings(proxy_for=lambda _: ""))
    url = server.say("/a", trickle(DATA, 0.02))
    threading.Timer(0.1, client.stop).start()
    assert problem(client, url) == "was stopped"
    assert problem(client, server.say("/b", status(500))) == "was stopped"
    client.close()


# Redirects, and who may see the token.


def with_token(world: World, server: Server) -> Client:
    origins = frozenset({origin(server.base)})
    return Client(token=TOKEN, origins=origins, bounds=FAST, surroundings=world.surroundings())


def test_the_token_stays_at_its_origin(server: Server, other: Server, world: World) -> None:
    client = with_token(world, server)
    other.say("/b", redirect(f"{server.base}/c"))
    server.say("/c", body(DATA))
    assert client.get(server.say("/a", redirect(f"{other.base}/b")), read) == DATA
    sent = [asked.headers.get("authorization") for asked in server.asked]
    assert sent == [f"Bearer {TOKEN}"] * 2
    assert ["authorization" in asked.headers for asked in other.asked] == [False]
    client.close()


def test_the_token_is_not_for_others(server: Server, client: Client, world: World) -> None:
    for one in (client, Client(token=TOKEN, bounds=FAST, surroundings=world.surroundings())):
        assert one.get(server.say("/a", body(DATA)), read) == DATA
        assert "authorization" not in server.asked[-1].headers
        one.close()


def test_a_password_in_the_address_goes_to_its_host_only(
    server: Server, other: Server, world: World
) -> None:
    url = server.base.replace("//", "//me:p%40ss@") + "/a"
    server.say("/a", redirect("/b"))
    server.say("/b", redirect(f"{other.base}/c"))
    other.say("/c", status(404))
    client = with_token(world, server)
    with pytest.raises(OperationalError) as caught:
        client.get(url, read)
    assert "me" not in str(caught.value).replace("times", "")
    assert "p%40ss" not in str(caught.value)
    assert [asked.headers.get("authorization") for asked in server.asked] == [
        "Basic bWU6cEBzcw=="
    ] * 2
    assert "authorization" not in other.asked[0].headers
    client.close()


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("/a", "redirects more than 5 times, last to {base}/a"),
        ("ftp://127.0.0.1/x", "redirects to ftp://127.0.0.1/x"),
        ("file:///etc/passwd", "redirects to an address that is none"),
        ("", "redirects to nowhere"),
    ],
)
def test_a_redirect_that_is_not_followed(
    server: Server, client: Client, location: str, message: str
) -> None:
    url = server.say("/a", redirect(location))
    assert problem(client, url) == message.format(base=server.base)


def test_every_leak_there_could_be(
    server: Server,
    world: World,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    client = with_token(world, server)
    said = [repr(client)]
    for answer in (
        status(401),
        status(500),
        reset(),
        lengthened(DATA, 5),
        redirect("/a"),
        stall(1),
    ):
        with pytest.raises(OperationalError) as caught:
            client.get(server.say("/a", answer), read)
        error: BaseException | None = caught.value
        while error is not None:
            said += [str(error), repr(error), repr(error.args)]
            error = error.__cause__ or error.__context__
    said += [caplog.text, *capfd.readouterr()]
    assert all(TOKEN not in text for text in said)
    client.close()


@pytest.mark.parametrize("token", [TOKEN + "\n", f"a {TOKEN}", TOKEN + "é", TOKEN + "\x00"])
def test_a_token_that_is_none_is_not_shown(token: str) -> None:
    with pytest.raises(InputError) as caught:
        Client(token=token)
    assert TOKEN not in str(caught.value)
    assert str(caught.value).startswith("GITHUB_TOKEN: is no token")


# Addresses and certificates.


@pytest.mark.parametrize("url", ["", "nothing", "ftp://127.0.0.1/a", "http://[::1/a", "http:///a"])
def test_an_address_that_is_none(client: Client, world: World, url: str) -> None:
    assert problem(client, url).startswith("is no address that can be asked")
    assert world.slept == []


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_password_is_ever_shown(user: str, path: str) -> None:
    assert "hunter2" not in shown(f"https://{user}:hunter2@example.org/{path}?hunter2#hunter2")


def test_origins() -> None:
    assert origin("https://GitHub.com:443/a") == origin("https://me@github.com/b")
    assert origin("http://github.com/") != origin("https://github.com/")
    assert origin("http://[::1]:80/") == "http://[::1]"
    assert shown("https://me:pass@host:8443/a/b?token=x#y") == "https://host:8443/a/b"


def test_a_certificate_that_is_not_trusted(tmp_path: Path, client: Client, world: World) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make a certificate with")
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    files = ["-subj", "/CN=127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run([openssl, *words.split(), *files], cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    with running(context=context) as secure:
        message = problem(client, secure.say("/a", body(DATA)))
    assert message == "has a certificate that is not trusted: self-signed certificate"
    assert world.slept == []


# Proxies.


def test_a_proxy_is_asked_with_its_password(server: Server, world: World) -> None:
    server.say("http://externals.invalid/a", body(DATA))
    proxy = server.base.replace("//", "//me:pass@")
    around = Surroundings(sleep=world.sleep, proxy_for=lambda _: proxy)
    client = Client(token=TOKEN, bounds=FAST, surroundings=around)
    assert client.get("http://externals.invalid/a", read) == DATA
    assert server.asked[0].headers["proxy-authorization"] == "Basic bWU6cGFzcw=="
    assert "authorization" not in server.asked[0].headers
    client.close()


def test_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("https_proxy", "proxy.example:3128")
    monkeypatch.setenv("no_proxy", "mirror.example")
    assert system_proxy("https://github.com/a") == "http://proxy.example:3128"
    assert system_proxy("https://mirror.example/a") == ""
    assert system_proxy("http://github.com/a") == ""


def test_many_at_once_share_connections(server: Server, client: Client) -> None:
    urls = [server.say(f"/{number}", body(DATA)) for number in range(40)]
    threads = [
        threading.Thread(target=lambda part=part: [client.get(url, read) for url in part])
        for part in (urls[::4], urls[1::4], urls[2::4], urls[3::4])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.asked) == 40
    assert len({asked.connection for asked in server.asked}) <= 4


def test_nothing_is_opened_before_something_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(*_: object, **__: object) -> None:
        pytest.fail("opened a socket")

    monkeypatch.setattr(socket, "socket", opened)
    Client(token=TOKEN).close()

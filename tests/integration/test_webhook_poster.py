"""One post over real sockets and real TLS: to public addresses alone, whatever names and receivers say."""

import itertools
import socket
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from receiver_material import OK, Authority, Names, Receiver, Wires, answer, receiver
from store_material import BEGIN, MovableClock
from visavis.adapters.http import HttpPoster, TargetRules
from visavis.adapters.http.poster import look_up
from visavis.service.webhook_records import DeliveryResult, Posted

NAME = "receiver.example"
URL = f"https://{NAME}/hooks?x=1"
PUBLIC, ALSO_PUBLIC, SIX = "93.184.216.34", "93.184.216.35", "2606:2800:220:1::1"
BODY = b'{"type":"verification.decided"}'


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("authority"))


@pytest.fixture(autouse=True)
def no_other_look_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks a name up behind the poster's back is found out; numbers need no looking up."""
    real = socket.getaddrinfo

    def only_numbers(host: str, port: int, *rest: int, **options: int) -> object:
        assert host == "127.0.0.1", f"{host} was looked up a second time"
        return real(host, port, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", only_numbers)


def poster(authority: Authority, server: Receiver | int, names: Names | None = None, **options: object) -> HttpPoster:
    port = server if isinstance(server, int) else server.port
    settings: dict[str, object] = {
        "clock": MovableClock(),
        "resolver": names or Names({NAME: [[PUBLIC]]}),
        "tls": authority.trusts(),
        "network": Wires(port),
        **options,
    }
    return HttpPoster(TargetRules(), **settings)  # type: ignore[arg-type]  # names of its parameters


def post(sender: HttpPoster, url: str = URL) -> Posted:
    return sender.post(url, headers={"webhook-id": "evt_1"}, body=BODY)


def test_it_posts_to_the_checked_address_and_asks_for_the_name(authority: Authority) -> None:
    names = Names({NAME: [[PUBLIC, SIX]]})
    with receiver(tls=authority.server(NAME)) as server:
        wires = Wires(server.port)
        sent = post(poster(authority, server, names, network=wires))
    assert sent == Posted(result=DeliveryResult.ACCEPTED, http_status=204)
    assert wires.dialled == [PUBLIC]
    assert server.names == [NAME]
    assert names.asked == [NAME]
    head, body = server.requests[0].split(b"\r\n\r\n", 1)
    assert head.startswith(b"POST /hooks?x=1 HTTP/1.1\r\n")
    assert body == BODY
    assert server.headers == {
        "host": NAME,
        "content-length": str(len(BODY)),
        "content-type": "application/json",
        "user-agent": "visavis-webhooks",
        "connection": "close",
        "webhook-id": "evt_1",
    }


def test_a_name_that_turns_to_loopback_after_it_was_checked_changes_nothing(authority: Authority) -> None:
    """DNS rebinding: the first answer is public, every later one is the machine itself."""
    names = Names({NAME: [[PUBLIC], ["127.0.0.1"]]})
    with receiver(tls=authority.server(NAME)) as server:
        wires = Wires(server.port)
        sender = poster(authority, server, names, network=wires)
        assert post(sender).result is DeliveryResult.ACCEPTED
        assert wires.dialled == [PUBLIC]  # and not the second answer
        assert names.asked == [NAME]
        assert [post(sender).result for _ in range(2)] == [DeliveryResult.ADDRESS_FORBIDDEN] * 2
    assert wires.dialled == [PUBLIC]
    assert server.connections == 1


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        [PUBLIC, "10.0.0.1"],
        [*[PUBLIC] * 3, "169.254.169.254"],
        ["::1"],
        ["::ffff:93.184.216.34"],
        ["64:ff9b::5db8:d822"],
        ["2002:5db8:d822::1"],
        ["fe80::1%2"],
        [SIX, "fd00:ec2::254"],
        ["no address"],
        [f"93.184.216.{number}" for number in range(33)],
    ],
)
def test_one_address_that_is_not_public_is_enough(authority: Authority, addresses: Sequence[str]) -> None:
    with receiver(tls=authority.server(NAME)) as server:
        wires = Wires(server.port)
        sent = post(poster(authority, server, Names({NAME: [addresses]}), network=wires))
    assert sent == Posted(result=DeliveryResult.ADDRESS_FORBIDDEN)
    assert wires.dialled == []
    assert server.connections == 0


def test_a_name_without_addresses_is_told_as_that(authority: Authority) -> None:
    assert post(poster(authority, 1, Names({}))).result is DeliveryResult.NAME_UNKNOWN
    assert post(poster(authority, 1, Names({NAME: [[]]}))).result is DeliveryResult.NAME_UNKNOWN


def test_the_next_address_is_tried_where_one_is_dead(authority: Authority) -> None:
    names = Names({NAME: [[SIX, PUBLIC, ALSO_PUBLIC]]})
    with receiver(tls=authority.server(NAME)) as server:
        wires = Wires(server.port, dead=frozenset({SIX}))
        assert post(poster(authority, server, names, network=wires)).result is DeliveryResult.ACCEPTED
        assert wires.dialled == [SIX, PUBLIC]
    wires = Wires(server.port, dead=frozenset({SIX, PUBLIC, ALSO_PUBLIC}))
    assert post(poster(authority, server, names, network=wires)).result is DeliveryResult.UNREACHABLE


def test_a_certificate_for_another_name_or_of_another_authority_is_refused(
    authority: Authority, tmp_path: Path
) -> None:
    for tls in (authority.server("other.example"), Authority.make(tmp_path).server(NAME), authority.server(PUBLIC)):
        with receiver(tls=tls) as server:
            assert post(poster(authority, server)).result is DeliveryResult.CERTIFICATE_INVALID
        assert server.requests == []


def test_a_public_address_in_numbers_needs_a_certificate_for_it(authority: Authority) -> None:
    names = Names({PUBLIC: [[PUBLIC]]})
    with receiver(tls=authority.server(PUBLIC)) as server:
        assert post(poster(authority, server, names), f"https://{PUBLIC}/").result is DeliveryResult.ACCEPTED
    with receiver(tls=authority.server(NAME)) as server:
        assert post(poster(authority, server, names), f"https://{PUBLIC}/").result is DeliveryResult.CERTIFICATE_INVALID


def test_a_receiver_without_tls_is_not_spoken_to(authority: Authority) -> None:
    with receiver() as server:
        assert post(poster(authority, server)).result is DeliveryResult.UNREACHABLE
    assert BODY not in b"".join(server.requests)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_no_redirection_is_followed(authority: Authority, status: str) -> None:
    names = Names({NAME: [[PUBLIC]]})
    with receiver(answer(status, "location: https://127.0.0.1/"), tls=authority.server(NAME)) as server:
        sent = post(poster(authority, server, names))
    assert sent == Posted(result=DeliveryResult.REFUSED, http_status=int(status[:3]))
    assert (server.connections, names.asked) == (1, [NAME])


@pytest.mark.parametrize(
    ("line", "result"),
    [
        ("200 OK", DeliveryResult.ACCEPTED),
        ("202 Accepted", DeliveryResult.ACCEPTED),
        ("400 Bad Request", DeliveryResult.REFUSED),
        ("404 Not Found", DeliveryResult.REFUSED),
        ("410 Gone", DeliveryResult.GONE),
        ("500 Oh", DeliveryResult.REFUSED),
    ],
)
def test_what_an_answer_means(authority: Authority, line: str, result: DeliveryResult) -> None:
    with receiver(answer(line, body=b"thanks"), tls=authority.server(NAME)) as server:
        assert post(poster(authority, server)) == Posted(result=result, http_status=int(line[:3]))


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", timedelta(seconds=120)),
        ("999999999999", timedelta(hours=24)),
        ("Mon, 01 Mar 2027 09:05:00 GMT", timedelta(minutes=5)),
        ("Mon, 01 Mar 2027 08:05:00 GMT", timedelta()),
        ("Mon, 01 Mar 2027 09:05:00", None),
        ("soon", None),
        ("-5", None),
        ("¹²", None),
        ("Fri, 99 Mar 2027 09:05:00 GMT", None),
    ],
)
def test_how_long_a_receiver_asks_to_be_left_alone(authority: Authority, header: str, wait: timedelta | None) -> None:
    assert MovableClock().now() == BEGIN
    said = answer("503 Busy").replace(b"\r\n\r\n", b"\r\nretry-after: " + header.encode("latin-1") + b"\r\n\r\n")
    with receiver(said, tls=authority.server(NAME)) as server:
        assert post(poster(authority, server)).retry_after == wait


def endless(*pieces: bytes, pause: float = 0.0) -> Callable[[socket.socket, bytes], None]:
    def respond(connection: socket.socket, _: bytes) -> None:
        for piece in itertools.chain(pieces[:-1], itertools.repeat(pieces[-1])):
            connection.sendall(piece)
            time.sleep(pause)

    return respond


@pytest.mark.parametrize(
    ("respond", "result"),
    [
        (endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65_536), DeliveryResult.ACCEPTED),  # a body without an end
        (endless(b"HTTP/1.1 200 OK\r\n", b"a: b\r\n" * 9_999), DeliveryResult.UNREACHABLE),  # headers without an end
        (endless(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 999), DeliveryResult.UNREACHABLE),
        (endless(b"HTTP/1.1 200 OK\r\n", b"a", pause=0.01), DeliveryResult.TIMED_OUT),  # a byte now and then
        (lambda connection, _: connection.recv(1), DeliveryResult.TIMED_OUT),  # nothing at all
        (endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x", pause=0.01), DeliveryResult.ACCEPTED),
        (b"SSH-2.0-OpenSSH\r\n\r\n", DeliveryResult.ANSWER_INVALID),
        (b"", DeliveryResult.ANSWER_INVALID),
        (b"HTTP/1.1 2", DeliveryResult.ANSWER_INVALID),
        (b"HTTP/1.1 204 No Content\r\ncontent-length: -1\r\n\r\n", DeliveryResult.ANSWER_INVALID),
    ],
)
def test_what_a_receiver_sends_has_an_end_in_size_and_time(
    authority: Authority, respond: bytes | Callable[[socket.socket, bytes], object], result: DeliveryResult
) -> None:
    with receiver(respond, tls=authority.server(NAME)) as server:
        assert post(poster(authority, server, seconds=1.0)).result is result


def test_a_handshake_that_never_ends_is_given_up(authority: Authority) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        sender = poster(authority, silent.getsockname()[1], seconds=0.3)
        assert post(sender).result is DeliveryResult.TIMED_OUT


def test_proxies_of_the_environment_are_not_asked(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with receiver(OK, tls=authority.server(NAME)) as server:
        assert post(poster(authority, server)).result is DeliveryResult.ACCEPTED


def test_an_address_that_the_rules_of_today_refuse_is_not_posted_to(authority: Authority) -> None:
    with receiver() as server:
        sender = poster(authority, server)
        for url in (f"http://127.0.0.1:{server.port}/", "https://127.0.0.1/", "http://receiver.example/", "nonsense"):
            assert post(sender, url).result is DeliveryResult.ADDRESS_FORBIDDEN
    assert server.connections == 0


def test_the_origin_that_a_site_allows_is_posted_to_and_said_to_be_unsafe(caplog: pytest.LogCaptureFixture) -> None:
    with receiver() as server:
        origin = f"http://127.0.0.1:{server.port}"
        sender = HttpPoster(TargetRules.of(ports=[443], unsafe_origins=[origin]), clock=MovableClock())
        assert post(sender, f"{origin}/hooks").result is DeliveryResult.ACCEPTED
        assert post(sender, "http://127.0.0.1:1/").result is DeliveryResult.ADDRESS_FORBIDDEN
    assert server.headers["host"] == f"127.0.0.1:{server.port}"
    assert "without any check" in caplog.text
    assert origin not in caplog.text


def test_the_systems_resolver_is_asked_without_the_machines_own_domains(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def found(host: str, port: int, **_: int) -> list[tuple[object, ...]]:
        asked.append(host)
        return [(2, 1, 6, "", (PUBLIC, port)), (10, 1, 6, "", (SIX, port, 0, 0))]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    assert look_up(NAME, 443) == [PUBLIC, SIX]
    look_up("127.0.0.1", 443)
    look_up("::1", 443)
    look_up("localhost", 443)
    assert asked == [f"{NAME}.", "127.0.0.1", "::1", "localhost"]

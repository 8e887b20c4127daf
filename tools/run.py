"""The service on this machine, ready to try: a shop with its people, and a link for each page.

    make run                                     # http://localhost:8000; this machine's own camera
    make run ARGUMENTS="--lan"                   # and a phone on the same network, by a self-signed certificate
    make run ARGUMENTS="--lan shop.local"        # by a name that the phone finds, so that staff can sign in there too

A browser gives its camera to pages that came over HTTPS or from this very machine, and passkeys belong to a name, never
to a bare number. What is kept lies in `var/run`, which git ignores; the members' one-time codes are shown once, and
`--codes` makes new ones.
"""

import argparse
import asyncio
import base64
import contextlib
import datetime as dt
import hashlib
import ipaddress
import os
import re
import secrets
import signal
import socket
import ssl
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from visavis.client import Client, ClientError, NotFoundError, ServiceUnreachableError
from visavis.client.models import LineOrder, Verification
from visavis.clock import SystemClock
from visavis.domain.lines import luhn_sum
from visavis.errors import AccessError
from visavis.service.api_keys import ApiKeys
from visavis.service.member_records import Role
from visavis.service.members import KnownMember
from visavis.service.records import Scope
from visavis.service_start import open_keys, open_members, open_parties, open_store
from visavis.settings import load_settings

__all__ = ["main"]

HERE: Final = Path(__file__).resolve().parent
FOLDER: Final = HERE.parent / "var" / "run"
POLICIES: Final = HERE / "demonstration" / "run"
PURPOSE: Final = "first_line"
NAME: Final = "Example Mobile"
CONTACT: Final = "whoever started this service on this machine"
NOWHERE: Final = "ZZ"
"""Of the codes that ISO 3166-1 leaves to its users: no state."""
LINES: Final = 100
"""For one person, who tries it more often than they would have lines."""
PLACES: Final = {
    Role.CLERK: "/p/shop",
    Role.SUPERVISOR: "/p/overview",
    Role.REVIEWER: "/p/review",
    Role.ADMINISTRATOR: "/p/overview",
}
KEPT: Final = ("VISAVIS_CONFIG", "VISAVIS_MODELS")
READY: Final = re.compile(r"visavis serves at https?://")
OVER: Final = ("decided", "expired", "withdrawn", "declined_for_alternative", "erased")
ENDED: Final = {
    "rejected": "it could not be accepted",
    "inconclusive": "it could not be told",
    "withdrawn": "it was stopped, and nothing is kept",
    "declined_for_alternative": "another way was chosen, so a clerk looks at the document",
    "expired": "its time is over. The shop's page makes another, and so does the next `make run`",
    "erased": "it was erased",
}
LOOK_S: Final = 2.0
DAYS: Final = 30
"""That a certificate made here is good for."""
CHUNK: Final = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """``lan``: the name or number by which other devices reach this machine; empty where none does."""

    port: int
    lan: str
    codes: bool

    @property
    def public_url(self) -> str:
        return f"https://{self.lan}:{self.port + 443}" if self.lan else f"http://localhost:{self.port}"

    @property
    def has_name(self) -> bool:
        """Else staff cannot sign in: a passkey belongs to a name (WebAuthn Level 3, section 5.1.2)."""
        try:
            ipaddress.ip_address(self.lan)
        except ValueError:
            return True
        return False


def asked(arguments: list[str]) -> Asked:
    parser = argparse.ArgumentParser(prog="make run", description="The service on this machine, ready to try.")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--lan", nargs="?", const="", metavar="NAME", help="let other devices of the network in")
    parser.add_argument("--codes", action="store_true", help="new one-time codes for all members")
    found = parser.parse_args(arguments)
    lan = "" if found.lan is None else found.lan or address_in_network()
    return Asked(port=found.port, lan=lan, codes=found.codes)


def address_in_network() -> str:
    """This machine's own, as its network sees it. Nothing is sent: a datagram's socket only picks the way."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address for documentation, RFC 5737
        except OSError as error:
            raise SystemExit("This machine is in no network. Name it: --lan NAME") from error
        return str(probe.getsockname()[0])


# ---- the shop, and who works there


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A relying party of the service. ``codes``: one-time ones by role, of members who were just given one."""

    party: str
    key: str
    codes: Mapping[Role, str]


def open_shop(*, staffed: bool, anew: bool) -> Shop:
    """As an earlier run left it, or made now. ``staffed``: with its people; ``anew``: who are all given a code."""
    clock = SystemClock()
    settings = load_settings(data=FOLDER / "data")
    with open_store(settings) as storage, open_keys(settings, clock) as keys:
        parties, api_keys = open_parties(storage, clock)
        found = parties.all()
        party = found[0] if found else parties.add(NAME, contact=CONTACT, jurisdiction=NOWHERE, lines_per_person=LINES)
        members = open_members(storage, keys, clock)
        working = {row.member.role: row.member.id for row in members.page(party.id, limit=200).items if is_working(row)}
        codes = {}
        for role in PLACES if staffed else ():
            if role not in working:
                codes[role] = members.add(party.id, name=role.capitalize(), role=role).code
            elif anew:
                codes[role] = members.begin_anew(party.id, working[role]).code
        return Shop(party=party.id, key=kept_key(api_keys, party.id), codes=codes)


def kept_key(api_keys: ApiKeys, party: str) -> str:
    """Of an earlier run, or a new one where it is gone or was revoked."""
    kept = FOLDER / "key"
    with contextlib.suppress(FileNotFoundError, AccessError):
        text = kept.read_text(encoding="utf-8")
        api_keys.authenticate(text)
        return text
    text = api_keys.create(party, name="make run", scopes=[Scope.VERIFICATIONS, Scope.LINES]).text
    kept.touch(mode=0o600)
    kept.write_text(text, encoding="utf-8")
    return text


def is_working(row: KnownMember) -> bool:
    return row.member.disabled_at is None


@contextlib.contextmanager
def served(wish: Asked) -> Iterator[None]:
    """`visavis serve` as a process of its own, from when it is ready until it ends."""
    given = {
        "VISAVIS_PUBLIC_URL": wish.public_url,
        "VISAVIS_POLICIES": str(POLICIES),
        "VISAVIS_CONTROLLER_NAME": "You, on your own machine",
        "VISAVIS_LOG_LEVEL": "warning",
        "VISAVIS_LOG_FORMAT": "text",
    }
    command = [sys.executable, "-m", "visavis", "serve", "--port", str(wish.port), "--data", str(FOLDER / "data")]
    process = subprocess.Popen(command, env={**os.environ, **given}, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own command
    try:
        for line in process.stdout or ():
            if READY.search(line):
                break
        else:
            raise SystemExit(process.wait() or 1)
        yield
        process.wait()
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def without_settings() -> None:
    """Of this environment, but for where the models are: they are of another service, and would lead to its store."""
    for name in [name for name in os.environ if name.startswith("VISAVIS_") and name not in KEPT]:
        del os.environ[name]


# ---- the customer


def free_numbers(client: Client) -> Iterator[str]:
    """That nobody has yet, of the range that is set aside for invented ones."""
    for last in secrets.SystemRandom().sample(range(605, 700), 95):
        try:
            client.lines.find(msisdn=f"+46701746{last}")
        except NotFoundError:
            yield f"+46701746{last}"
    raise SystemExit(f"All invented numbers are registered. Begin anew: remove {FOLDER}")


def new_card() -> str:
    body = f"894600{secrets.randbelow(10**12):012d}"
    return body + next(digit for digit in "0123456789" if luhn_sum(body + digit) % 10 == 0)


def wait_for(client: Client, verification: str) -> Verification:
    """Until it is over."""
    while (found := client.verifications.read(verification)).state not in OVER:
        time.sleep(LOOK_S)
    return found


def serve_customer(client: Client, order: LineOrder, verification: str, *, number: str, card: str) -> None:
    """Waits for the customer, and then does as an operator's own system does. The service may end first."""
    try:
        found = wait_for(client, verification)
        if found.accepted:
            client.lines.register(msisdn=number, iccid=card, nonce=order.nonce, verification=verification)
            print(f"The customer is verified, and the line {number} is registered.", flush=True)
        else:
            print(f"The customer's link: {ENDED.get(found.outcome or found.state, 'it is over')}.", flush=True)
    except ServiceUnreachableError:
        return
    except ClientError as error:
        print(f"The line {number} is not registered: {error}", flush=True)


# ---- what is printed


def show(wish: Asked, link: str, codes: Mapping[Role, str], *, trial: tuple[str, str], trusted: str) -> None:
    """``trial``: a number and a card for a new line at the shop. ``trusted``: the digest of the certificate's key."""
    print()
    print("For a customer; it opens once, within a quarter of an hour:")
    print(f"  {link}")
    if wish.has_name:
        print("For those who work there" + ("; each code is good once, for a day:" if codes else ":"))
        for role, path in PLACES.items():
            code = f"   one-time code: {codes[role]}" if role in codes else ""
            print(f"  {role.capitalize():14} {wish.public_url}{path:12}{code}".rstrip())
        print("For a new line at the shop, a number and a card that nobody has:")
        print(f"  {trial[0]}   {trial[1]}")
    print()
    for text in hints(wish, codes, trusted):
        print(text if text.startswith(" ") else textwrap.fill(text, 100))
    print(flush=True)


def hints(wish: Asked, codes: Mapping[Role, str], trusted: str) -> Iterator[str]:
    if codes:
        yield (
            f"Whoever has a code signs in with it first, at {wish.public_url}/p/sign-in, and makes a passkey: "
            "on this machine, on a phone nearby, or in Chromium's developer tools (More tools > WebAuthn). "
            'The codes are not shown again; make run ARGUMENTS="--codes" makes new ones.'
        )
    elif wish.has_name:
        yield (
            "Everybody signs in with the passkey that they made here. --codes makes new one-time codes: for who has "
            "none, and where this machine has another name now, since a passkey is good under one name alone."
        )
    if wish.lan:
        yield (
            "The certificate was made here, so a browser warns that it does not know who signed it. That is right: "
            "compare the SHA-256 above with what the browser shows, then go on. Never do so with anybody else's page."
        )
    if wish.lan and wish.has_name:
        yield (
            "Past that warning Chromium gives the camera, but makes no passkey. For those who work there, start "
            "one that knows this certificate:"
        )
        where = f"--user-data-dir={FOLDER / 'browser'} {wish.public_url}/p/shop"
        yield f"  chromium --ignore-certificate-errors-spki-list={trusted} {where}"
    if not wish.has_name:
        yield (
            "Passkeys belong to names, never to numbers, so nobody who works there can sign in here: "
            "start without --lan, or with a name of this machine that the other devices find (--lan NAME)."
        )
    yield "A camera is given to pages over HTTPS or from this very machine, and to no other."
    yield "Ctrl-C ends it."


# ---- TLS, for other devices of the network


def certificate(name: str) -> tuple[x509.Certificate, Path]:
    """Self-signed, for that name, and its key in the same file, which this machine's user alone reads."""
    file = FOLDER / f"{re.sub('[^a-z0-9.-]', '_', name.lower())}.pem"
    now = dt.datetime.now(dt.UTC)
    if file.is_file():
        kept = x509.load_pem_x509_certificate(file.read_bytes())
        if kept.not_valid_after_utc > now + dt.timedelta(days=1):
            return kept, file
    key = ec.generate_private_key(ec.SECP256R1())
    try:
        other: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        other = x509.DNSName(name)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "visavis on one's own machine")])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=DAYS))
        .add_extension(x509.SubjectAlternativeName([other]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return made, file


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.close()


async def _tls(wish: Asked, pem: Path, listener: socket.socket) -> None:
    """TLS ends here; the bytes within go to the service as they are."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    async def through(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            to_service, from_us = await asyncio.open_connection("127.0.0.1", wish.port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_pour(reader, from_us), _pour(to_service, writer))

    server = await asyncio.start_server(through, sock=listener, ssl=context)
    async with server:
        await server.serve_forever()


def open_tls(wish: Asked) -> str:
    """Until this process ends. Returns the digest of the certificate's key, as Chromium names it."""
    port = urlsplit(wish.public_url).port
    try:
        # every network of this machine is the point of --lan
        listener = socket.create_server(("0.0.0.0", port or 443))  # noqa: S104 - as the line above says
    except OSError as error:
        raise SystemExit(
            f"The port {port} is in use. Take another: --port NUMBER, which is {port} less 443."
        ) from error
    made, pem = certificate(wish.lan)
    print(f"The certificate's SHA-256: {made.fingerprint(hashes.SHA256()).hex(':').upper()}")
    threading.Thread(target=lambda: asyncio.run(_tls(wish, pem, listener)), daemon=True).start()
    key = made.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(key).digest()).decode()


def main(arguments: list[str]) -> int:
    wish = asked(arguments)
    without_settings()
    FOLDER.mkdir(parents=True, exist_ok=True, mode=0o700)
    print("Starting, with every model: a few seconds ...", flush=True)
    shop = open_shop(staffed=wish.has_name, anew=wish.codes)
    trusted = open_tls(wish) if wish.lan else ""
    with contextlib.suppress(KeyboardInterrupt), served(wish):
        client = Client(f"http://127.0.0.1:{wish.port}", shop.key, relying_party=shop.party)
        free = free_numbers(client)
        number, card = next(free), new_card()
        order = client.lines.prepare_register(msisdn=number, iccid=card)
        opened = client.verifications.open(purpose=PURPOSE, binding=order.binding)
        show(wish, opened.holder_url, shop.codes, trial=(next(free), new_card()), trusted=trusted)
        customer = {"number": number, "card": card}
        threading.Thread(target=serve_customer, args=(client, order, opened.id), kwargs=customer, daemon=True).start()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

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
import contextlib
import datetime as dt
import ipaddress
import os
import re
import secrets
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from visavis.client import Client, ClientError
from visavis.domain.lines import luhn_sum

__all__ = ["main"]

HERE: Final = Path(__file__).resolve().parent
FOLDER: Final = HERE.parent / "var" / "run"
POLICIES: Final = HERE / "demonstration" / "run"
PURPOSE: Final = "first_line"
PEOPLE: Final = {
    "clerk": ("Clerk", "/p/shop"),
    "supervisor": ("Supervisor", "/p/overview"),
    "reviewer": ("Reviewer", "/p/review"),
    "administrator": ("Administrator", "/p/overview"),
}
READY: Final = re.compile(r"visavis serves at (https?://\S+?)\. ")
PARTY: Final = re.compile(r"\brlp_[0-9a-z]{26}\b")
KEY: Final = re.compile(r"\bvv1\.key_\S+")
MEMBER: Final = re.compile(r"\bmbr_[0-9a-z]{26}\b")
CODE: Final = re.compile(r"Code: (\S+)")
OVER: Final = ("decided", "expired", "withdrawn", "declined_for_alternative")
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


# ---- the service, and who works there


def visavis(*arguments: str) -> str:
    """What a command of the project says; its own words where it fails."""
    command = [sys.executable, "-m", "visavis", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    if done.returncode:
        raise SystemExit(done.stderr or done.stdout)
    return done.stdout


@contextlib.contextmanager
def served(wish: Asked) -> Iterator[str]:
    """`visavis serve` as a process of its own, once it is ready; what it said until then."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("VISAVIS_")}
    environ |= {name: os.environ[name] for name in ("VISAVIS_CONFIG", "VISAVIS_MODELS") if name in os.environ}
    environ |= {
        "VISAVIS_PUBLIC_URL": wish.public_url,
        "VISAVIS_POLICIES": str(POLICIES),
        "VISAVIS_CONTROLLER_NAME": "You, on your own machine",
        "VISAVIS_LOG_LEVEL": "warning",
        "VISAVIS_LOG_FORMAT": "text",
    }
    command = [sys.executable, "-m", "visavis", "serve", "--port", str(wish.port), "--data", str(FOLDER / "data")]
    process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own command
    said = ""
    try:
        for line in process.stdout or ():
            said += line
            if READY.search(line):
                break
        else:
            raise SystemExit(process.wait() or 1)
        yield said
        process.wait()
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def first_key(said: str) -> tuple[str, str]:
    """The relying party for development and its key, which the first start prints; later it is read back."""
    kept = FOLDER / "key"
    party, key = PARTY.search(said), KEY.search(said)
    if party and key:
        kept.touch(mode=0o600)
        kept.write_text(f"{party[0]} {key[0]}", encoding="utf-8")
    if not kept.is_file():
        raise SystemExit(f"The key of an earlier run is gone. Begin anew: remove {FOLDER}")
    found = kept.read_text(encoding="utf-8").split()
    return found[0], found[1]


def codes(party: str, *, anew: bool) -> dict[str, str]:
    """By role: the one-time codes of members who were just made, or all of them ``anew``."""
    data = ("--data", str(FOLDER / "data"))
    kept = FOLDER / "members"
    known = dict(line.split() for line in kept.read_text(encoding="utf-8").splitlines()) if kept.is_file() else {}
    made: dict[str, str] = {}
    for role, (name, _) in PEOPLE.items():
        if role not in known:
            said = visavis("member", "add", party, "--name", name, "--role", role, *data)
            found = MEMBER.search(said)
            if found is None:
                raise SystemExit(said)
            known[role] = found[0]
        elif anew:
            said = visavis("member", "code", party, known[role], *data)
        else:
            continue
        made[role] = CODE.findall(said)[0]
    kept.write_text("".join(f"{role} {member}\n" for role, member in known.items()), encoding="utf-8")
    return made


# ---- the customer


def numbers() -> tuple[str, str]:
    """A number of the range that is set aside for invented ones, and a card with its check digit."""
    body = f"894600{secrets.randbelow(10**12):012d}"
    card = body + next(digit for digit in "0123456789" if luhn_sum(body + digit) % 10 == 0)
    return f"+46701746{605 + secrets.randbelow(95):03d}", card


def ended(client: Client, verification: str) -> bool:
    """Waits until it is over; whether it was accepted. The service may end first."""
    with contextlib.suppress(ClientError):
        while (found := client.verifications.read(verification)).state not in OVER:
            time.sleep(LOOK_S)
        if not found.accepted:
            print(f"The customer's verification ended: {found.outcome or found.state}.", flush=True)
        return found.accepted
    return False


# ---- what is printed


def show(wish: Asked, link: str, made: dict[str, str]) -> None:
    base = wish.public_url
    print()
    print("For a customer, this quarter of an hour, once:")
    print(f"  {link}")
    print("For those who work there:")
    for role, (name, path) in PEOPLE.items():
        code = f"   one-time code: {made[role]}" if role in made else ""
        print(f"  {name:14} {base}{path}{code}")
    print()
    if made:
        print(f"With a code one signs in first at {base}/p/sign-in, and makes a passkey: on this machine, on a phone")
        print(
            "nearby, or in Chromium's developer tools (More tools > WebAuthn). The codes are not shown again; --codes"
        )
        print("makes new ones.")
    if wish.lan:
        print("The certificate was made here, so a browser warns that it does not know who signed it. That is right:")
        print(
            "compare the SHA-256 above with what the browser shows, then go on. Never do so with anybody else's page."
        )
        with contextlib.suppress(ValueError):
            ipaddress.ip_address(wish.lan)
            print("Passkeys belong to names, never to numbers: staff sign in where --lan NAME names this machine.")
    print("A camera is given to pages over HTTPS or from this very machine, and to no other. End it with Ctrl-C.")
    print(flush=True)


# ---- TLS, for other devices of the network


def certificate(name: str) -> Path:
    """Self-signed, for that name, and its key in the same file, which this machine's user alone reads."""
    file = FOLDER / f"{re.sub('[^a-z0-9.-]', '_', name.lower())}.pem"
    now = dt.datetime.now(dt.UTC)
    if file.is_file():
        kept = x509.load_pem_x509_certificate(file.read_bytes())
        if kept.not_valid_after_utc > now + dt.timedelta(days=1):
            return _told(kept, file)
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
    return _told(made, file)


def _told(made: x509.Certificate, file: Path) -> Path:
    print(f"The certificate's SHA-256: {made.fingerprint(hashes.SHA256()).hex(':').upper()}")
    return file


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.close()


async def _tls(wish: Asked, pem: Path) -> None:
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

    port = urlsplit(wish.public_url).port
    # every network of this machine is the point of --lan
    server = await asyncio.start_server(through, "0.0.0.0", port, ssl=context)  # noqa: S104 - as the line above says
    async with server:
        await server.serve_forever()


def open_tls(wish: Asked) -> None:
    """Until this process ends."""
    pem = certificate(wish.lan)
    threading.Thread(target=lambda: asyncio.run(_tls(wish, pem)), daemon=True).start()


def main(arguments: list[str]) -> int:
    wish = asked(arguments)
    FOLDER.mkdir(parents=True, exist_ok=True, mode=0o700)
    print("Starting, with every model: a few seconds ...", flush=True)
    if wish.lan:
        open_tls(wish)
    with contextlib.suppress(KeyboardInterrupt), served(wish) as said:
        party, key = first_key(said)
        made = codes(party, anew=wish.codes)
        client = Client(f"http://127.0.0.1:{wish.port}", key, relying_party=party)
        number, card = numbers()
        order = client.lines.prepare_register(msisdn=number, iccid=card)
        opened = client.verifications.open(purpose=PURPOSE, binding=order.binding)
        show(wish, opened.holder_url, made)

        def register() -> None:
            if ended(client, opened.id):
                client.lines.register(msisdn=number, iccid=card, nonce=order.nonce, verification=opened.id)
                print(f"Verified: the line {number} is registered.", flush=True)

        threading.Thread(target=register, daemon=True).start()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

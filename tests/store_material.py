"""A store with a relying party in it, and the short ways by which tests bring verifications to where they want them."""

import hashlib
import itertools
import random
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from visavis.adapters.keyring import KeyRing
from visavis.adapters.recording_keys import MasterKey
from visavis.decision.decide import Consequence, Decision, DecisionOutcome, RuleOutcome, RuleResult
from visavis.decision.policy import Policy
from visavis.decision.policy_file import parse_policy
from visavis.domain.consent import ConsentReceipt, Controller
from visavis.domain.identifiers import Identifiers, Kind
from visavis.domain.lines import Iccid, Line, Msisdn, luhn_sum
from visavis.domain.pseudonyms import PseudonymKey
from visavis.domain.verification import Opening, Verification
from visavis.lines.orders import RegisterLine
from visavis.lines.register import LineRegister
from visavis.lines.views import LineViews
from visavis.service.ports import Storage
from visavis.service.records import RelyingParty
from visavis.service.transactions import committed
from visavis.service.verifications import Findings, Verifications

BEGIN = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
ROOT = bytes(range(32))
"""Of the pseudonyms. A test's own: never a key that is used."""

POLICY = """
id = "change_of_line"
version = 1
reference_source = ["chip", "document_portrait"]
binding = "order_digest"
grants = ["line.register", "line.receive"]
alternative = "in_person"
attempts = 2
ttl = "15m"
retention = { referred = "72h" }
disclose = ["family_name", "document_number"]

[[requires]]
rule = "consent_in_force"
[[requires]]
rule = "single_face"
[[requires]]
rule = "bona_fide_presentation"
operating_point = "strict"
[[requires]]
rule = "comparison_at_most_fmr"
fmr = 1e-4
"""


@dataclass
class MovableClock:
    moment: datetime = BEGIN

    def now(self) -> datetime:
        return self.moment

    def forward(self, **span: float) -> None:
        self.moment += timedelta(**span)


def identifiers(seed: int | None = None) -> Identifiers:
    if seed is None:
        return Identifiers(secrets.token_bytes)
    rng, lock = random.Random(seed), threading.Lock()

    def entropy(count: int) -> bytes:
        with lock:
            return rng.randbytes(count)

    return Identifiers(entropy)


def pseudonyms(relying_party: str) -> PseudonymKey:
    return PseudonymKey.of_party(ROOT, relying_party)


@dataclass
class World:
    """``party`` is the relying party in whose name everything is done."""

    storage: Storage
    clock: MovableClock
    ids: Identifiers
    sealer: KeyRing
    policy: Policy
    party: RelyingParty
    verifications: Verifications
    register: LineRegister
    views: LineViews
    policy_text: str = POLICY
    counter: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def open(self, *, binding: str | None = None, party: str | None = None) -> Verification:
        opening = Opening(purpose=self.policy.id, binding=binding or hashlib.sha256(b"order").hexdigest())
        return self.verifications.open(party or self.party.id, opening, self.policy)

    def submitted(self, *, binding: str | None = None) -> Verification:
        row = self.open(binding=binding)
        self.verifications.consent(self.party.id, row.id, receipt(row, self.clock.now(), self.ids))
        self.verifications.begin_capture(self.party.id, row.id, self.policy)
        return self.verifications.submit(self.party.id, row.id)

    def accepted(self, document: str, *, binding: str | None = None) -> Verification:
        row = self.submitted(binding=binding)
        found = self.findings(DecisionOutcome.ACCEPTED, document=document)
        return self.verifications.conclude(self.party.id, row.id, found, self.policy)

    def findings(self, outcome: DecisionOutcome, *, document: str | None = None) -> Findings:
        referred = RuleResult(rule="single_face", outcome=RuleOutcome.FAILED, consequences=(Consequence.REFER,))
        decision = Decision(
            outcome=outcome,
            reasons=() if outcome is DecisionOutcome.ACCEPTED else ("no_face",),
            results=(referred,) if outcome is DecisionOutcome.REFERRED else (),
            policy_id=self.policy.id,
            policy_version=self.policy.version,
            policy_digest=self.policy.digest,
        )
        disclosed: Mapping[str, str] = {}
        person = None
        if document is not None:
            disclosed = {"family_name": "ERIKSSON", "document_number": document}
            person = pseudonyms(self.party.id).person(issuing_state="UTO", number=document)
        return Findings(decision=decision, summary={"comparison": "pass"}, person=person, disclosed=disclosed)

    def order(self, number: int | None = None, card: int | None = None) -> RegisterLine:
        number = next(self.counter) if number is None else number
        return RegisterLine(
            relying_party=self.party.id,
            nonce=secrets.token_urlsafe(16),
            msisdn=Msisdn(f"+46{700000000 + number}"),
            iccid=iccid(number if card is None else card),
        )

    def line(self, document: str, *, number: int | None = None) -> Line:
        order = self.order(number)
        return self.register.register(order, verification=self.accepted(document, binding=order.digest).id)


def iccid(number: int) -> Iccid:
    """A card with its right check digit."""
    body = f"894600{number:012d}"
    return Iccid(body + next(digit for digit in "0123456789" if luhn_sum(body + digit) % 10 == 0))


def receipt(row: Verification, at: datetime, ids: Identifiers) -> ConsentReceipt:
    return ConsentReceipt(
        id=ids.new(Kind.RECEIPT, at),
        verification=row.id,
        given_at=at,
        valid_for=timedelta(minutes=15),
        purpose=row.purpose,
        purpose_text="Register a SIM card in your name.",
        policy_digest=row.policy_digest,
        controller=Controller(id="operator", name="An operator", contact="privacy@operator.example"),
        categories=("biometric data: face", "identity document"),
        disclosed=("family_name", "document_number"),
        retention=timedelta(),
        rights=("access", "erasure", "withdrawal", "complaint"),
        withdrawal="At any moment, on the same page.",
        alternative="in_person",
        notice_digest=hashlib.sha256(b"notice").hexdigest(),
        language="en",
        jurisdiction="SE",
    )


def make_world(
    storage: Storage,
    *,
    party: str | None = None,
    lines_per_person: int = 5,
    clock: MovableClock | None = None,
    policy: str = POLICY,
) -> World:
    """``party``: the id of one that is in the store already."""
    clock, ids, sealer = clock or MovableClock(), identifiers(), KeyRing(MasterKey(bytes(32)))
    row = RelyingParty(
        id=party or ids.new(Kind.RELYING_PARTY, clock.now()),
        name="An operator",
        created_at=clock.now(),
        lines_per_person=lines_per_person,
    )
    if party is None:
        committed(storage, lambda unit: unit.relying_parties.add(row))
    common = {"storage": storage, "sealer": sealer, "clock": clock}
    return World(
        storage=storage,
        clock=clock,
        ids=ids,
        sealer=sealer,
        policy=parse_policy(policy),
        policy_text=policy,
        party=row,
        verifications=Verifications(**common, identifiers=ids),  # type: ignore[arg-type]  # names of its parameters
        register=LineRegister(**common, identifiers=ids, pseudonyms=pseudonyms),  # type: ignore[arg-type]
        views=LineViews(**common, pseudonyms=pseudonyms),  # type: ignore[arg-type]
    )

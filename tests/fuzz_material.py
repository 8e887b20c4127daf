"""What a fuzzer of the interface starts from: two relying parties with everything that can be there, and the ids,
cursors, nonces and sessions that it has come to know, which later requests carry again.
"""

import dataclasses
import itertools
import random
import re
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from attestation_material import accepted_evidence
from review_material import MATERIAL
from staff_material import member_of, session_of
from store_material import World, receipt
from visavis.decision.decide import DecisionOutcome, decide
from visavis.domain.identifiers import Kind
from visavis.domain.states import By
from visavis.domain.verification import Verification
from visavis.service.member_records import Role
from visavis.service.records import KEY_SCOPES, Scope
from visavis.service.summaries import summary_of
from web_material import Party, Web

MOST = 60
"""Of each kind, the newest: the others are forgotten, so that what was made last is met again."""
_ID = re.compile(f"(?:{'|'.join(Kind)})_[0-9a-hjkmnp-tv-z]{{26}}")
_KINDS = {
    "verification": Kind.VERIFICATION,
    "giver": Kind.VERIFICATION,
    "receiver": Kind.VERIFICATION,
    "line": Kind.LINE,
    "key": Kind.API_KEY,
    "dispute": Kind.DISPUTE,
    "review": Kind.REVIEW,
    "webhook": Kind.WEBHOOK,
    "endpoint": Kind.WEBHOOK,
    "event": Kind.EVENT,
    "member": Kind.MEMBER,
    "passkey": Kind.PASSKEY,
    "receipt": Kind.RECEIPT,
    "notice_digest": "digest",
}
"""Of which kind is the id in a parameter or a property of that name, or what else it is."""
_KEPT = ("cursor", "nonce", "binding", "digest", "token")
"""Other names whose values come back; ``next_cursor`` is a cursor."""
_LINKS = ("holder_url", "url")
"""In which a token rides behind #."""


@dataclass
class Known:
    """What was seen in answers. ``own``: ids of keys that the fuzzer itself needs, which it never sends; ``keys``: of
    each id, the API key to which it was shown.
    """

    own: set[str] = field(default_factory=set)
    keys: dict[str, str] = field(default_factory=dict)
    values: dict[str, deque[Any]] = field(default_factory=lambda: defaultdict(lambda: deque(maxlen=MOST)))

    def learn(self, body: object, key: str = "") -> None:
        """``key``: the API key to which it was shown, if one was."""
        if isinstance(body, dict):
            for name, value in body.items():
                if isinstance(value, str):
                    self._note(name.removeprefix("next_"), value)
                self.learn(value, key)
        elif isinstance(body, list):
            for item in body:
                self.learn(item, key)
        elif isinstance(body, str):
            for found in set(_ID.findall(body)) - self.own:
                if found not in (kept := self.values[found[:3]]):
                    kept.append(found)
                if key:
                    self.keys[found] = key

    def _note(self, name: str, value: str) -> None:
        if name in _KEPT:
            self.values[name].append(value)
        elif name in _LINKS and "#" in value:
            self.values["token"].append(value.rpartition("#")[2])

    def some(self, name: str, rng: random.Random) -> Any:
        """A value for a parameter or a property of that name; None where nothing fits."""
        values = self.values.get(_KINDS.get(name, name))
        if not values:
            return None
        # what was made last is likely to be in a state that nothing else is in
        return values[-1] if rng.random() < 0.3 else rng.choice(values)

    def filled(self, part: Any, rng: random.Random, *, share: float, purpose: str) -> Any:
        """The same with known values in the places that are named for them; each place with that probability."""
        if isinstance(part, list):
            return [self.filled(item, rng, share=share, purpose=purpose) for item in part]
        if not isinstance(part, dict):
            return part
        made = {}
        for name, value in part.items():
            known = purpose if name == "purpose" else self.some(str(name), rng)
            if known is not None and isinstance(value, str) and rng.random() < share:
                made[name] = known
            else:
                made[name] = self.filled(value, rng, share=share, purpose=purpose)
        return made


@dataclass(kw_only=True)
class Seeded:
    """``staff``, ``challenges``: cookies of members; ``ready``: requests that succeed, once each, by operation: the key
    to ask with, and the body.
    """

    parties: tuple[Party, ...]
    keys: tuple[str, ...]
    sessions: list[str]
    staff: list[str]
    challenges: list[str]
    known: Known
    ready: dict[str, deque[tuple[str, dict[str, Any]]]]


def seed(web: Web) -> Seeded:
    """Two relying parties, each with verifications in every state, lines, a case, a dispute and keys of few scopes."""
    other = web.add_party("Another operator")
    few = [web.add_key(scope) for scope in KEY_SCOPES]
    keys = (web.party.key, other.key, *few)
    seeded = Seeded(
        parties=(web.party, other),
        keys=keys,
        sessions=[],
        staff=[],
        challenges=[],
        known=Known(own={row.id for party in (web.party, other) for row in web.setup.api_keys.of_party(party.id)}),
        ready=defaultdict(deque),
    )
    theirs = dataclasses.replace(
        web.world, party=dataclasses.replace(web.world.party, id=other.id), counter=itertools.count(500)
    )
    worlds = (web.world, theirs)
    seeded.known.values["number"].append("1")  # of the status lists, the first
    for world, party in zip(worlds, seeded.parties, strict=True):
        for number, row in enumerate(_verifications(world)):
            seeded.known.learn(row.id, party.key)
            if number % 2 == 0 and not row.conclusion:
                seeded.sessions += _session(web, row)
        for number in range(3):
            seeded.known.learn(world.line(f"SEED{number}").id, party.key)
        web.add_key(Scope.VERIFICATIONS, party=party.id)
        for key in web.setup.api_keys.of_party(party.id):
            seeded.known.learn(key.id, party.key)
        for role in Role:
            member = member_of(web.setup, role, party=party.id)
            # several: of those who are met by what changes a role, some stay
            seeded.staff += [session_of(web.setup, member) for _ in range(2)]
            seeded.known.learn(member.id)
        seeded.ready["register_line"].extend((party.key, body) for body in _orders(world))
    return seeded


def _session(web: Web, row: Verification) -> Iterator[str]:
    exchanged = web.setup.links.exchange(web.setup.links.issue(row))
    if exchanged.token is not None:
        yield exchanged.token


def _orders(world: World) -> Iterator[dict[str, Any]]:
    for number in range(4):
        order = world.order()
        row = world.accepted(f"READY{number}", binding=order.digest)
        yield {
            "msisdn": order.msisdn.text,
            "iccid": order.iccid.text,
            "nonce": order.nonce,
            "verification": row.id,
        }


def _verifications(world: World) -> Iterator[Verification]:
    party, verifications = world.party.id, world.verifications
    for _ in range(4):
        yield world.open()
    for _ in range(3):
        row = world.open()
        yield verifications.consent(party, row.id, receipt(row, world.clock.now(), world.ids))
    yield world.submitted()
    for number in range(6):
        yield _concluded(world, DecisionOutcome.ACCEPTED, document=f"SEEN{number}")
    for outcome in (DecisionOutcome.REJECTED, DecisionOutcome.INCONCLUSIVE):
        yield _concluded(world, outcome)
    for number in range(6):
        yield _concluded(world, DecisionOutcome.REFERRED, document=f"CASE{number}")
    ends: tuple[Callable[[str], Verification], ...] = (
        lambda row: verifications.withdraw(party, row, by=By.HOLDER),
        lambda row: verifications.erase(party, row, by=By.RELYING_PARTY),
    )
    for end in ends:
        yield end(world.open().id)


def _concluded(world: World, outcome: DecisionOutcome, *, document: str | None = None) -> Verification:
    """With the summary that a real capture leaves, so that what is accepted can be attested."""
    row = world.submitted()
    evidence = accepted_evidence(world.policy)
    found = world.findings(outcome, document=document)
    by_person = outcome is DecisionOutcome.REFERRED
    decision = decide(world.policy, evidence) if outcome is DecisionOutcome.ACCEPTED else found.decision
    summary = summary_of(
        verification=row, policy=world.policy, decision=decision, evidence=evidence, accepted_by_person=by_person
    )
    kept = MATERIAL if by_person else None
    full = dataclasses.replace(found, decision=decision, summary=summary, kept=kept)
    return world.verifications.conclude(world.party.id, row.id, full, world.policy)

"""A queue of referred cases over a world, and reviewers who work at it."""

import dataclasses
import hashlib
from dataclasses import dataclass

from store_material import POLICY, World, receipt
from visavis.audit.entry import Actor, ActorKind
from visavis.decision.decide import DecisionOutcome
from visavis.decision.policy_file import parse_policy
from visavis.decision.review import ReviewReason, ReviewVerdict
from visavis.domain.consent import ConsentReceipt
from visavis.domain.evidence import Check, Evidence, EvidenceSet, Outcome
from visavis.domain.identifiers import Kind
from visavis.domain.verification import Opening, Verification
from visavis.service.case_material import CaseMaterial
from visavis.service.review_records import Kept, ReviewCase, Reviewer
from visavis.service.reviews import Given, Reviews
from visavis.service.summaries import summary_of

PORTRAIT = b"\xff\xd8\xff" + b"portrait" * 40
PROBE = b"\xff\xd8\xff" + b"probe" * 40
READING = {"family_name": "ERIKSSON", "document_number": "L898902C3"}
MATERIAL = CaseMaterial(
    portrait=PORTRAIT,
    probe=PROBE,
    reading=READING,
    evidence=EvidenceSet((Evidence(check=Check.COMPARISON, outcome=Outcome.FAIL, score=0.31, reasons=("low_score",)),)),
)
ACCEPT = Given(verdict=ReviewVerdict.ACCEPT, reason=ReviewReason.SAME_PERSON, note="Glasses in one picture.")
REJECT = Given(verdict=ReviewVerdict.REJECT, reason=ReviewReason.OTHER_PERSON)
UNCLEAR = Given(verdict=ReviewVerdict.CANNOT_TELL, reason=ReviewReason.PICTURES_POOR)
REFERS = POLICY.replace('rule = "single_face"', 'rule = "single_face"\non_fail = "refer"')


@dataclass
class Desk:
    """A world with a queue, and reviewers who come with one key of the relying party or another."""

    world: World
    reviews: Reviews
    key: str
    other_key: str

    @property
    def party(self) -> str:
        return self.world.party.id

    def who(self, name: str, *, other: bool = False) -> Reviewer:
        return Reviewer(id=name, key=self.other_key if other else self.key)

    def refer(self, *, material: CaseMaterial | None = MATERIAL, document: str = "P1", **changes: object) -> ReviewCase:
        world = self.world
        opening = Opening(purpose=world.policy.id, binding=hashlib.sha256(b"order").hexdigest())
        opener = world.verifications.acting_as(Actor(kind=ActorKind.RELYING_PARTY, id=self.key))
        row = opener.open(self.party, opening, world.policy)
        world.verifications.consent(self.party, row.id, agreed(world, row))
        world.verifications.begin_capture(self.party, row.id, world.policy)
        world.verifications.submit(self.party, row.id)
        found = world.findings(DecisionOutcome.REFERRED, document=document)
        if changes:
            found = dataclasses.replace(found, decision=dataclasses.replace(found.decision, **changes))  # type: ignore[arg-type]  # fields of a decision
        summary = summary_of(
            verification=row,
            policy=world.policy,
            decision=found.decision,
            evidence=MATERIAL.evidence,
            accepted_by_person=True,
        )
        found = dataclasses.replace(found, kept=material, summary=summary)
        world.verifications.conclude(self.party, row.id, found, world.policy)
        return self.reviews.of_verification(self.party, row.id)

    def looked(self, case: ReviewCase, reviewer: Reviewer) -> ReviewCase:
        self.reviews.claim(self.party, case.id, reviewer)
        for label in case.kept:
            self.reviews.look(self.party, case.id, reviewer, label)
        return case

    def say(self, case: ReviewCase, reviewer: Reviewer, given: Given) -> ReviewCase:
        self.looked(case, reviewer)
        return self.reviews.decide(self.party, case.id, reviewer, given)

    def verification(self, case: ReviewCase) -> Verification:
        return self.world.verifications.get(self.party, case.verification)[0]

    def sealed(self, case: ReviewCase) -> list[str]:
        with self.world.storage.reading() as unit:
            return [label for label in (*Kept, "disclosed") if unit.sealed.get(case.verification, label) is not None]

    def acts(self) -> list[tuple[str, str | None, dict[str, object]]]:
        with self.world.storage.reading() as unit:
            waiting = [act for _, act in unit.audit.waiting(limit=500)]
        return [(act.act, act.actor.id, dict(act.details)) for act in waiting]


def agreed(world: World, row: Verification) -> ConsentReceipt:
    return receipt(row, world.clock.now(), world.ids)


def make_desk(world: World, *, review: str = "") -> Desk:
    world.policy = parse_policy(f"{review}\n{REFERS}")
    reviews = Reviews(storage=world.storage, sealer=world.sealer, clock=world.clock, identifiers=world.ids)
    keys = [world.ids.new(Kind.API_KEY, world.clock.now()) for _ in range(2)]
    return Desk(world=world, reviews=reviews, key=keys[0], other_key=keys[1])

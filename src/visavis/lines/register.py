"""The register: each act with its proof, its entry in the history and its event, in one unit of work.

Order of locks, the same in every act: verifications by id, the person who gets a line, the line. Of two acts that race,
the second sees what the first left, and is refused by the same rules.
"""

import dataclasses
from collections.abc import Callable
from datetime import datetime
from typing import Final

from visavis.audit.entry import OPERATOR, Act, Actor
from visavis.clock import Clock
from visavis.domain.events import Event, EventKind
from visavis.domain.identifiers import Identifiers, Kind
from visavis.domain.lines import Dispute, DisputeEnd, Iccid, Line, LineAct, LineEntry, LineStatus, Msisdn
from visavis.domain.pseudonyms import PseudonymKey, PseudonymKind
from visavis.errors import LimitError, LineError, UnknownError
from visavis.lines.orders import DisputeLine, Order, RegisterLine, ReleaseLine, ReplaceSim, TransferLine
from visavis.lines.proof import HOLDER, NEW, RECEIVER, Part, Proof, RegisterRules, prove
from visavis.service.ports import Sealer, Transactions, UnitOfWork
from visavis.service.transactions import InUnits, Named, committed
from visavis.service.vault import open_fields, seal_fields

__all__ = ["DIGITS", "LineRegister"]

DIGITS: Final = "digits"
"""The label under which a line's number and card lie sealed."""

_EVENTS: Final = {
    LineAct.REGISTER: EventKind.LINE_REGISTERED,
    LineAct.TRANSFER: EventKind.LINE_TRANSFERRED,
    LineAct.REPLACE_SIM: EventKind.LINE_SIM_REPLACED,
    LineAct.RELEASE: EventKind.LINE_RELEASED,
    LineAct.DISPUTE: EventKind.LINE_DISPUTED,
    LineAct.CLOSE_DISPUTE: EventKind.LINE_DISPUTE_CLOSED,
}


class LineRegister(InUnits, Named):
    """What is done with lines. ``pseudonyms`` gives the key of a relying party.

    Every act raises UnknownError ``verification_unknown``, ``line_unknown`` and what
    `visavis.lines.proof.prove` raises; nothing is changed then.
    """

    def __init__(
        self,
        *,
        storage: Transactions,
        sealer: Sealer,
        clock: Clock,
        identifiers: Identifiers,
        pseudonyms: Callable[[str], PseudonymKey],
        rules: RegisterRules | None = None,
    ) -> None:
        self._storage = storage
        self._sealer = sealer
        self._clock = clock
        self._identifiers = identifiers
        self._pseudonyms = pseudonyms
        self._rules = rules or RegisterRules()
        self._actor: Actor = OPERATOR

    def register(self, order: RegisterLine, *, verification: str) -> Line:
        """A new line for whom the verification shows.

        Raises LineError ``number_registered``, ``card_in_use``; LimitError ``lines_used_up``.
        """

        def work(unit: UnitOfWork) -> Line:
            now = self._clock.now()
            proof = self._prove(unit, order, NEW, verification, now)
            self._make_room(unit, order.relying_party, proof.person)
            number, card = self._number(order.relying_party, order.msisdn), self._card(order.relying_party, order.iccid)
            if unit.lines.by_number(order.relying_party, number) is not None:
                raise LineError(
                    "number_registered",
                    "This number is registered already.",
                    advice="Transfer it, or let its holder release it first.",
                )
            self._check_card(unit, order.relying_party, card)
            line = Line(
                id=self._identifiers.new(Kind.LINE, now),
                relying_party=order.relying_party,
                number=number,
                card=card,
                person=proof.person,
                status=LineStatus.ACTIVE,
                registered_at=now,
                changed_at=now,
            )
            unit.lines.add(line)
            seal_fields(unit, self._sealer, line.id, DIGITS, {"msisdn": order.msisdn.text, "iccid": order.iccid.text})
            self._note(unit, line, LineAct.REGISTER, now, proof)
            return line

        return committed(self._storage, work)

    def transfer(self, order: TransferLine, *, giver: str, receiver: str) -> Line:
        """The line to somebody else; both verified for this very order.

        Raises LineError ``same_verification``, ``same_person``, ``not_the_holder``, ``line_released``,
        ``line_disputed``; LimitError ``lines_used_up``.
        """
        if giver == receiver:
            raise LineError(
                "same_verification", "Giver and receiver verify themselves each.", advice="Open two verifications."
            )

        def work(unit: UnitOfWork) -> Line:
            now = self._clock.now()
            parts = sorted([(giver, HOLDER), (receiver, RECEIVER)])  # in one order everywhere: no two wait in a circle
            proofs = {part: self._prove(unit, order, part, verification, now) for verification, part in parts}
            taker = proofs[RECEIVER].person
            if proofs[HOLDER].person == taker:
                raise LineError("same_person", "This line is in that person's name already.")
            self._make_room(unit, order.relying_party, taker)
            line = self._held(unit, order.relying_party, order.line, proofs[HOLDER].person)
            saved = unit.lines.save(dataclasses.replace(line, person=taker, changed_at=now))
            self._note(unit, saved, LineAct.TRANSFER, now, proofs[HOLDER], proofs[RECEIVER])
            return saved

        return committed(self._storage, work)

    def replace_sim(self, order: ReplaceSim, *, verification: str) -> Line:
        """Another card for the line: only for its registered holder, verified again, so that nobody else gets it.

        Raises LineError ``not_the_holder``, ``line_released``, ``line_disputed``, ``card_in_use``.
        """

        def work(unit: UnitOfWork) -> Line:
            now = self._clock.now()
            proof = self._prove(unit, order, HOLDER, verification, now)
            line = self._held(unit, order.relying_party, order.line, proof.person)
            card = self._card(order.relying_party, order.iccid)
            self._check_card(unit, order.relying_party, card)
            saved = unit.lines.save(dataclasses.replace(line, card=card, changed_at=now))
            digits = open_fields(unit, self._sealer, line.id, DIGITS) or {}
            seal_fields(unit, self._sealer, line.id, DIGITS, {**digits, "iccid": order.iccid.text})
            self._note(unit, saved, LineAct.REPLACE_SIM, now, proof)
            return saved

        return committed(self._storage, work)

    def release(self, order: ReleaseLine, *, verification: str) -> Line:
        """The line belongs to nobody any more; its digits are erased, its number is free.

        Raises LineError ``not_the_holder``, ``line_released``, ``line_disputed``.
        """

        def work(unit: UnitOfWork) -> Line:
            now = self._clock.now()
            proof = self._prove(unit, order, HOLDER, verification, now)
            line = self._held(unit, order.relying_party, order.line, proof.person)
            return self._release(unit, line, now, proof)

        return committed(self._storage, work)

    def dispute(self, order: DisputeLine, *, verification: str) -> Dispute:
        """Whoever has a line in their name says that it should not be. Until the operator closes the case, nothing is
        done with the line.

        Raises LineError ``not_the_holder``, ``line_released``, ``line_disputed``.
        """

        def work(unit: UnitOfWork) -> Dispute:
            now = self._clock.now()
            proof = self._prove(unit, order, HOLDER, verification, now)
            line = self._held(unit, order.relying_party, order.line, proof.person)
            dispute = Dispute(
                id=self._identifiers.new(Kind.DISPUTE, now),
                line=line.id,
                relying_party=line.relying_party,
                person=proof.person,
                verification=verification,
                opened_at=now,
            )
            unit.lines.open_dispute(dispute)
            saved = unit.lines.save(dataclasses.replace(line, disputed=True, changed_at=now))
            self._note(unit, saved, LineAct.DISPUTE, now, proof)
            return dispute

        return committed(self._storage, work)

    def close_dispute(self, relying_party: str, dispute: str, end: DisputeEnd) -> Line:
        """The operator's word: upheld, the line is released; dismissed, it stays as it is.

        Raises UnknownError ``dispute_unknown``; LineError ``dispute_closed``.
        """

        def work(unit: UnitOfWork) -> Line:
            now = self._clock.now()
            case = unit.lines.dispute(relying_party, dispute, lock=True)
            if case is None:
                raise UnknownError("dispute_unknown", "There is no such case here.", advice="Check its id.")
            if case.closed_at is not None:
                raise LineError("dispute_closed", "This case is closed already.")
            unit.lines.close_dispute(dataclasses.replace(case, closed_at=now, end=end))
            line = self._line(unit, relying_party, case.line)
            saved = unit.lines.save(dataclasses.replace(line, disputed=False, changed_at=now))
            self._note(unit, saved, LineAct.CLOSE_DISPUTE, now, outcome=end)
            return self._release(unit, saved, now) if end is DisputeEnd.UPHELD else saved

        return committed(self._storage, work)

    # ---- parts of an act

    def _prove(self, unit: UnitOfWork, order: Order, part: Part, verification: str, now: datetime) -> Proof:
        return prove(unit, verification, order, part, rules=self._rules, now=now)

    def _make_room(self, unit: UnitOfWork, relying_party: str, person: str) -> None:
        """From here on, nobody else gives this person a line."""
        party = unit.relying_parties.find(relying_party)
        if party is None:
            raise UnknownError("relying_party_unknown", "There is no such relying party.")
        unit.lines.lock_person(relying_party, person)
        if unit.lines.count(relying_party, person) >= party.lines_per_person:
            raise LimitError(
                "lines_used_up",
                f"This person has {party.lines_per_person} lines already, and no more are allowed.",
                advice="Release one of them first.",
            )

    def _line(self, unit: UnitOfWork, relying_party: str, line: str) -> Line:
        row = unit.lines.find(relying_party, line, lock=True)
        if row is None:
            raise UnknownError("line_unknown", "There is no such line here.", advice="Check its id.")
        return row

    def _held(self, unit: UnitOfWork, relying_party: str, line: str, person: str) -> Line:
        """The line, if it is that person's and free to act on."""
        row = self._line(unit, relying_party, line)
        if row.status is LineStatus.RELEASED:
            raise LineError("line_released", "This line was released.", advice="Register its number anew.")
        if row.person != person:
            raise LineError(
                "not_the_holder",
                "Whoever verified themselves is not the registered holder of this line.",
                advice="With a new document whose number changed, have it looked at in person.",
            )
        if row.disputed:
            raise LineError("line_disputed", "A case about this line is open.", advice="Wait until it is closed.")
        return row

    def _check_card(self, unit: UnitOfWork, relying_party: str, card: str) -> None:
        if unit.lines.by_card(relying_party, card) is not None:
            raise LineError("card_in_use", "This SIM card is in use already.", advice="Take another card.")

    def _release(self, unit: UnitOfWork, line: Line, now: datetime, *proofs: Proof) -> Line:
        unit.sealed.destroy(line.id)
        saved = unit.lines.save(dataclasses.replace(line, status=LineStatus.RELEASED, changed_at=now))
        self._note(unit, saved, LineAct.RELEASE, now, *proofs)
        return saved

    def _note(
        self, unit: UnitOfWork, line: Line, act: LineAct, now: datetime, *proofs: Proof, outcome: str | None = None
    ) -> None:
        """The history, the event and the audit log. A line's version counts its acts, so it numbers them as well."""
        verifications = tuple(proof.verification for proof in proofs)
        unit.lines.append(
            LineEntry(
                line=line.id, sequence=line.version, act=act, at=now, person=line.person, verifications=verifications
            )
        )
        unit.outbox.append(
            Event(
                id=self._identifiers.new(Kind.EVENT, now),
                kind=_EVENTS[act],
                relying_party=line.relying_party,
                subject=line.id,
                at=now,
                status=line.status,
                outcome=outcome,
                verification=verifications[-1] if verifications else None,
            )
        )
        told = dict(zip(("verification", "receiver"), verifications, strict=False))
        unit.audit.note(
            Act(
                at=now,
                actor=self._actor,
                act=_EVENTS[act],
                subject=line.id,
                party=line.relying_party,
                details={**told, **({"outcome": str(outcome)} if outcome else {})},
            )
        )

    def _number(self, relying_party: str, msisdn: Msisdn) -> str:
        return self._pseudonyms(relying_party).of(PseudonymKind.NUMBER, msisdn.text)

    def _card(self, relying_party: str, iccid: Iccid) -> str:
        return self._pseudonyms(relying_party).of(PseudonymKind.CARD, iccid.text)

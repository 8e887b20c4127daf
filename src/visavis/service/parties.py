"""Relying parties: made by the operator alone, on the command line."""

import re
from typing import Final

from visavis.audit.entry import OPERATOR, Act
from visavis.clock import Clock
from visavis.domain.identifiers import Identifiers, Kind
from visavis.errors import InputError
from visavis.service.ports import Transactions, UnitOfWork
from visavis.service.records import RelyingParty
from visavis.service.transactions import committed

__all__ = ["RelyingParties"]

_LONGEST: Final = 200
_MOST_LINES: Final = 1_000
_JURISDICTION: Final = re.compile(r"([A-Z]{2}(-[A-Z0-9]{1,3})?)?")


class RelyingParties:
    def __init__(self, *, storage: Transactions, clock: Clock, identifiers: Identifiers) -> None:
        self._storage = storage
        self._clock = clock
        self._identifiers = identifiers

    def add(self, name: str, *, contact: str = "", jurisdiction: str = "", lines_per_person: int = 5) -> RelyingParty:
        """Raises InputError ``relying_party_invalid``."""
        row = self._new(name, contact, jurisdiction, lines_per_person)
        committed(self._storage, lambda unit: _add(unit, row))
        return row

    def add_first(self, name: str, *, contact: str, jurisdiction: str) -> RelyingParty | None:
        """Only where there is none yet; else None."""
        row = self._new(name, contact, jurisdiction, 5)

        def work(unit: UnitOfWork) -> RelyingParty | None:
            if unit.relying_parties.all():
                return None
            _add(unit, row)
            return row

        return committed(self._storage, work)

    def all(self) -> tuple[RelyingParty, ...]:
        with self._storage.reading() as unit:
            return unit.relying_parties.all()

    def _new(self, name: str, contact: str, jurisdiction: str, lines_per_person: int) -> RelyingParty:
        line, reached = (" ".join(text.split()) for text in (name, contact))
        fits = all(len(text) <= _LONGEST and text.isprintable() for text in (line, reached))
        if (
            not line
            or not fits
            or not 0 <= lines_per_person <= _MOST_LINES
            or not _JURISDICTION.fullmatch(jurisdiction)
        ):
            raise InputError(
                "relying_party_invalid",
                f"A relying party has a name and a contact of up to {_LONGEST} letters each, a jurisdiction such as SE"
                f" (ISO 3166), and up to {_MOST_LINES} lines a person.",
                advice="Name it as its holders know it: they read this in the notice.",
            )
        now = self._clock.now()
        return RelyingParty(
            id=self._identifiers.new(Kind.RELYING_PARTY, now),
            name=line,
            contact=reached,
            jurisdiction=jurisdiction,
            created_at=now,
            lines_per_person=lines_per_person,
        )


def _add(unit: UnitOfWork, row: RelyingParty) -> None:
    unit.relying_parties.add(row)
    unit.audit.note(Act(at=row.created_at, actor=OPERATOR, act="relying_party.created", party=row.id))

"""Looks into the register: which lines are in my name, and what happened to one. Nothing is changed by a look."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from visavis.clock import Clock
from visavis.domain.lines import Dispute, Line, LineEntry, Msisdn
from visavis.domain.pseudonyms import PseudonymKey, PseudonymKind
from visavis.errors import LineError, UnknownError
from visavis.lines.proof import RegisterRules
from visavis.lines.register import DIGITS
from visavis.service.ports import Sealer, Transactions, UnitOfWork
from visavis.service.records import Page, page_limit
from visavis.service.steps import found
from visavis.service.vault import open_fields

__all__ = ["LineViews", "ShownLine"]

_MOST_LINES: Final = 200
_MOST_ENTRIES: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownLine:
    """A line with its digits, as long as they are there."""

    line: Line
    msisdn: str | None = field(repr=False)
    iccid: str | None = field(repr=False)


class LineViews:
    def __init__(
        self,
        *,
        storage: Transactions,
        sealer: Sealer,
        clock: Clock,
        pseudonyms: Callable[[str], PseudonymKey],
        rules: RegisterRules | None = None,
    ) -> None:
        self._storage = storage
        self._sealer = sealer
        self._clock = clock
        self._pseudonyms = pseudonyms
        self._rules = rules or RegisterRules()

    def in_my_name(self, relying_party: str, verification: str) -> tuple[ShownLine, ...]:
        """The active lines of whoever verified themselves at this operator. A look does not use the verification up.

        Raises UnknownError ``verification_unknown``; LineError ``verification_too_old`` for one that was not accepted,
        or not lately, or that does not say by which document the holder is known.
        """
        with self._storage.reading() as unit:
            row = found(unit.verifications.find(relying_party, verification))
            until = row.usable_until(self._rules.use_within)
            if until is None or until < self._clock.now() or row.person is None:
                raise LineError(
                    "verification_too_old",
                    "This verification does not show the holder, or not any more.",
                    advice="Let the holder verify themselves again.",
                )
            lines = unit.lines.of_person(relying_party, row.person, limit=_MOST_LINES)
            return tuple(self._shown(unit, line) for line in lines)

    def get(self, relying_party: str, line: str) -> ShownLine:
        """Raises UnknownError ``line_unknown``."""
        with self._storage.reading() as unit:
            return self._shown(unit, _there(unit.lines.find(relying_party, line)))

    def by_number(self, relying_party: str, msisdn: Msisdn) -> ShownLine:
        """Raises UnknownError ``line_unknown``."""
        number = self._pseudonyms(relying_party).of(PseudonymKind.NUMBER, msisdn.text)
        with self._storage.reading() as unit:
            return self._shown(unit, _there(unit.lines.by_number(relying_party, number)))

    def page(self, relying_party: str, *, limit: int = 50, after: str | None = None) -> Page[Line]:
        """Newest first. Raises InputError ``page_size_invalid``."""
        with self._storage.reading() as unit:
            return unit.lines.page(relying_party, limit=page_limit(limit), after=after)

    def history(self, relying_party: str, line: str) -> tuple[LineEntry, ...]:
        """Newest first, at most 200. Raises UnknownError ``line_unknown``."""
        with self._storage.reading() as unit:
            return unit.lines.history(_there(unit.lines.find(relying_party, line)).id, limit=_MOST_ENTRIES)

    def disputes(self, relying_party: str, *, limit: int = 50, after: str | None = None) -> Page[Dispute]:
        """Open cases, newest first. Raises InputError ``page_size_invalid``."""
        with self._storage.reading() as unit:
            return unit.lines.disputes(relying_party, limit=page_limit(limit), after=after)

    def _shown(self, unit: UnitOfWork, line: Line) -> ShownLine:
        digits: Mapping[str, str] = open_fields(unit, self._sealer, line.id, DIGITS) or {}
        return ShownLine(line=line, msisdn=digits.get("msisdn"), iccid=digits.get("iccid"))


def _there(line: Line | None) -> Line:
    if line is None:
        raise UnknownError("line_unknown", "There is no such line here.", advice="Check its id or its number.")
    return line

"""What the routes of holders have in common: whose verification it is, who asks for it, and in which words."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Query
from starlette.requests import Request

from visavis.decision.policy import Policy
from visavis.domain.consent import Controller
from visavis.domain.states import Requested
from visavis.domain.verification import DecisionRecord, Verification
from visavis.service.holder_links import HolderSession
from visavis.service.holder_rights import HolderRights
from visavis.service.notices import Notice, make_notice
from visavis.service.records import RelyingParty
from visavis.web.schemas.problems import answers
from visavis.web.setup import ServiceSetup
from visavis.web.words import LANGUAGES, Words, load_words, nearest_language

__all__ = ["HolderContext", "HolderView", "LanguageAsked", "holder_answers"]

LanguageAsked = Annotated[
    str | None,
    Query(
        max_length=40,
        description=f"A BCP 47 tag; the nearest of {', '.join(LANGUAGES)} is used. Without it, that of the request.",
        examples=["zh-CN"],
    ),
]


def holder_answers(*codes: str, body: bool = False, watching: bool = False) -> dict[int | str, dict[str, Any]]:
    """``responses`` of an operation of a holder. ``watching``: it is there for a device that only watches, too."""
    usual = ("holder_session_unknown", *(() if watching else ("holder_only_watches",)), "rate_limited")
    return answers(*usual, *codes, caller=False, body=body)


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderView:
    """A verification as its holder's device comes to it. ``agreed``: whether there is a receipt of their consent."""

    row: Verification
    decision: DecisionRecord | None
    policy: Policy
    party: RelyingParty | None
    controller: Controller
    agreed: bool


class HolderContext:
    """Made once for all routes; safe from several threads."""

    def __init__(self, setup: ServiceSetup) -> None:
        self.setup = setup
        self.rights = HolderRights(
            storage=setup.storage, sealer=setup.sealer, clock=setup.clock, verifications=setup.verifications
        )
        self._words = {language: load_words(language) for language in LANGUAGES}

    def view(self, session: HolderSession) -> HolderView:
        """Raises UnknownError ``verification_unknown``, ``policy_version_unknown``."""
        row, decision = self.setup.verifications.get(session.relying_party, session.verification)
        agreed = getattr(row.state, "receipt", None) is not None
        with self.setup.storage.reading() as unit:
            party = unit.relying_parties.find(row.relying_party)
            if not agreed and not isinstance(row.state, Requested):
                agreed = unit.verifications.receipt(row.id) is not None
        policy = self.setup.policies.of_digest(row.policy_digest)
        return HolderView(
            row=row,
            decision=decision,
            policy=policy,
            party=party,
            controller=self._controller(row, party),
            agreed=agreed,
        )

    def words(self, row: Verification, request: Request, language: str | None) -> Words:
        """In the language that was asked for, else that of the opening, else the browser's: the first there is."""
        accepted = request.headers.get("accept-language", "").split(",")[0].split(";")[0].strip()
        return self._words[nearest_language(language, row.opening.language, accepted)]

    def notice(self, view: HolderView, words: Words) -> Notice:
        return make_notice(view.policy, view.controller, words, fetch_within=self.setup.verifications.fetch_within)

    def _controller(self, row: Verification, party: RelyingParty | None) -> Controller:
        """The relying party, as the notice names it; where it says less, who runs the service answers."""
        operator = self.setup.controller
        return Controller(
            id=row.relying_party,
            name=party.name if party is not None else operator.name,
            contact=(party.contact if party is not None else "") or operator.contact,
        )

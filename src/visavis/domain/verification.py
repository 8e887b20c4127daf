"""A verification as it is kept: whose, for what, in which state. Nothing in it is personal.

Names, numbers and whatever else a policy discloses or keeps lie sealed beside it, under a key of its own, and are gone
once that key is destroyed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from visavis.domain.states import Conclusion, Decided, Erased, State
from visavis.errors import InputError

__all__ = ["DecisionRecord", "Opening", "Verification"]

_BINDING: Final = re.compile(r"[0-9a-f]{64}")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_LABEL: Final = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_MOST_LABELS: Final = 8
_LONGEST_URL: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a relying party asks for. ``binding`` is a SHA-256 of what is being approved, in lower-case hexadecimal.

    ``labels`` are the relying party's own words for sorting (a shop, a channel): short, of letters and digits without
    spaces, so that no name or telephone number has a comfortable place in them.

    Raises `visavis.errors.InputError`: ``binding_invalid``, ``language_invalid``, ``labels_invalid``,
    ``return_url_invalid``.
    """

    purpose: str
    binding: str | None = None
    language: str = "en"
    return_url: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.binding is not None and not _BINDING.fullmatch(self.binding):
            raise InputError(
                "binding_invalid",
                "A binding is a SHA-256 in 64 lower-case hexadecimal digits.",
                advice="Send the digest of what is being approved, not the thing itself.",
            )
        if not _LANGUAGE.fullmatch(self.language):
            raise InputError("language_invalid", "The language is no BCP 47 tag.", advice='Use one such as "en".')
        words = (*self.labels, *self.labels.values())
        if len(self.labels) > _MOST_LABELS or not all(_LABEL.fullmatch(word) for word in words):
            raise InputError(
                "labels_invalid",
                f"Labels are at most {_MOST_LABELS}, of 1 to 40 letters, digits, dots, dashes and underscores.",
                advice="Use labels for sorting alone; nothing of the holder belongs there.",
            )
        if self.return_url is not None and not _is_link(self.return_url):
            raise InputError(
                "return_url_invalid",
                f"The return address is no https link of at most {_LONGEST_URL} letters.",
                advice="Send a whole link that begins with https://.",
            )


def _is_link(text: str) -> bool:
    """https, or plain http to the developer's own machine."""
    if len(text) > _LONGEST_URL or not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        return False
    try:
        link = urlsplit(text)
        host = link.hostname
        _ = link.port
    except ValueError:
        return False
    local = host in {"localhost", "127.0.0.1"}
    return bool(host) and link.username is None and (link.scheme == "https" or (link.scheme == "http" and local))


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """The decision as it is kept: written once, and never changed.

    ``summary`` is the evidence without anything personal, in plain values; ``grants`` is what an accepted one may be
    used for, once.
    """

    verification: str
    conclusion: Conclusion
    at: datetime
    reasons: tuple[str, ...]
    policy: str
    policy_version: int
    policy_digest: str
    grants: tuple[str, ...] = ()
    summary: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """``version`` grows by one each time it is saved: whoever saves an older one is refused.

    ``person`` is the holder's pseudonym at this relying party, once the document was read; ``forget_at`` is when what
    lies sealed beside it must go, None where there is nothing. ``opened_by`` is the API key that opened it, where
    that is known.
    """

    id: str
    relying_party: str
    opening: Opening
    policy_version: int
    policy_digest: str
    attempts: int
    opened_at: datetime
    expires_at: datetime
    state: State
    person: str | None = None
    forget_at: datetime | None = None
    opened_by: str | None = None
    version: int = 1

    @property
    def purpose(self) -> str:
        return self.opening.purpose

    @property
    def conclusion(self) -> Conclusion | None:
        """How it was decided, also after it was erased; None where it was not."""
        return self.state.conclusion if isinstance(self.state, Decided | Erased) else None

    def usable_until(self, span: timedelta) -> datetime | None:
        """Until when an accepted verification may be acted on; None where it may not."""
        accepted = isinstance(self.state, Decided) and self.state.conclusion is Conclusion.ACCEPTED
        return self.state.at + span if accepted else None

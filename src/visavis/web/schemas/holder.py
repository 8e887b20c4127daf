"""What the pages of holders send and are told."""

from typing import Annotated, Any, Final, Literal

from pydantic import Field, StringConstraints

from visavis.domain.reasons import Reason
from visavis.service.corrections import LONGEST_NAME
from visavis.service.sealed_reading import MOST_LETTERS
from visavis.web.schemas.common import Digest, Moment, StateName, Strict, known_id
from visavis.web.words import LANGUAGES

__all__ = [
    "ConsentGiven",
    "CorrectionAnswer",
    "CorrectionAsked",
    "DocumentAnswer",
    "HandOffLink",
    "HolderEntry",
    "HolderStatus",
    "KeptAnswer",
    "KeptThing",
    "LinkToken",
    "NoticeDocument",
    "NoticePart",
    "PlainData",
    "PreviewAnswer",
    "ReadFieldShown",
    "ResultShown",
    "SaidReason",
    "WordsShown",
    "said",
]

PlainData = dict[str, Any]
"""JSON whose fields are those of another document."""
CorrectedName = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME)]
Language = Annotated[str, StringConstraints(min_length=2, max_length=40)]
_DEVICE_CODE: Final = "K7M2QX"


class LinkToken(Strict):
    token: str = Field(
        min_length=1,
        max_length=100,
        description="What stands behind # in the link.",
        examples=["p5Xr2uYb0wQm8nVt3sLk6jHf1dGz9cAe4oTi7yUqWxM"],
    )


class HolderEntry(Strict):
    """A device with a verification open. Its cookie is in the answer's headers."""

    verification: str = Field(examples=[known_id("ver")])
    may_act: bool = Field(description="False for a device that handed the verification on: it only watches.")
    code: str | None = Field(
        default=None,
        description="For a device that took over: the other one shows the same.",
        examples=[_DEVICE_CODE],
    )


class HandOffLink(Strict):
    """For another device, once."""

    url: str = Field(examples=["https://verify.operator.example/p/verify#p5Xr2uYb0wQm8nVt3sLk6jHf1dGz9cAe4oTi7yUqWxM"])
    qr_svg: str = Field(description="The same as a QR code: an SVG document.", examples=["<svg></svg>"])
    code: str = Field(description="Both devices show it once the other one took over.", examples=[_DEVICE_CODE])
    expires_at: Moment


class NoticePart(Strict):
    name: Literal["who", "why", "read", "told", "kept", "rights", "other"]
    heading: str = Field(examples=["Who asks"])
    paragraphs: tuple[str, ...] = Field(examples=[["An operator asks. You can reach them here: privacy@…"]])


class NoticeDocument(Strict):
    """What must be shown, word by word, before the holder agrees. `digest` is SHA-256 over title, headings, paragraphs
    and `consent`, each in a line of its own.
    """

    language: str = Field(examples=["en"])
    languages: tuple[str, ...] = Field(description="In which it can be read.", examples=[list(LANGUAGES)])
    title: str = Field(examples=["Show that you are the person on your document"])
    sections: tuple[NoticePart, ...]
    consent: str = Field(
        description="Beside the button.",
        examples=["I agree that An operator has my face and my document checked for this."],
    )
    digest: Digest


class ConsentGiven(Strict):
    notice_digest: Digest
    language: Language = Field(description="In which the notice was read.", examples=["en"])


class SaidReason(Strict):
    """A reason in the holder's language. Programs match on `code`."""

    code: str = Field(examples=["no_face"])
    text: str = Field(examples=["No face was found."])
    advice: str = Field(
        description="What to do; empty where there is nothing to do.",
        examples=["Look at the camera from the front, in good light."],
    )


def said(reason: Reason) -> SaidReason:
    return SaidReason(code=reason.code, text=reason.text, advice=reason.advice)


class WordsShown(Strict):
    """Every code that a page can be told, with its words."""

    language: str = Field(examples=["en"])
    languages: tuple[str, ...] = Field(examples=[list(LANGUAGES)])
    reasons: dict[str, SaidReason] = Field(
        examples=[{"closer": {"code": "closer", "text": "The face is far away.", "advice": "Come closer."}}]
    )


class ResultShown(Strict):
    conclusion: Literal["accepted", "rejected", "inconclusive"]
    reasons: tuple[SaidReason, ...]


class HolderStatus(Strict):
    """How the verification stands, and what the page does next."""

    verification: str = Field(examples=[known_id("ver")])
    state: StateName
    text: str = Field(examples=["Waiting for you to read and agree."])
    next: Literal["consent", "document", "capture", "wait", "alternative", "done"] = Field(
        description="`capture`: of the face alone, where no document is asked for; `alternative`: no attempts are left."
    )
    may_act: bool
    expires_at: Moment
    attempts_left: int = Field(ge=0)
    agreed: bool = Field(description="Whether there is a receipt of the holder's consent.")
    language: str = Field(examples=["en"])
    party: str = Field(description="Who asks.", examples=["An operator"])
    contact: str = Field(description="How to reach them; may be empty.", examples=["privacy@operator.example"])
    purpose: str = Field(examples=["To register, hand over or replace a SIM card in your name"])
    other_way: str = Field(
        description="What to do instead of showing the face.",
        examples=["You can show your document to a person instead."],
    )
    return_url: str | None = Field(default=None, description="Where to go on, once nothing is left to do here.")
    result: ResultShown | None = None


class ReadFieldShown(Strict):
    """`doubtful`: another place of the document says otherwise, or it was not read surely. `proven`: the issuing state
    signed it. `correctable`: its holder may mend what was misread.
    """

    name: str = Field(examples=["family_name"])
    label: str = Field(examples=["family name"])
    value: str = Field(examples=["ERIKSSON"])
    place: Literal["visual_zone", "machine_readable_zone", "personal_number", "chip"]
    doubtful: bool
    proven: bool
    correctable: bool


class DocumentAnswer(Strict):
    """What was read of the document, for its holder's eyes, and what to do better. It is kept nowhere: `reading` is all
    of it, sealed, for the page to hold and to send with its capture.
    """

    kind: str | None = Field(default=None, examples=["td3"])
    text: str = Field(examples=["This is what was read. If something is wrong, take another picture."])
    fields: tuple[ReadFieldShown, ...]
    problems: tuple[SaidReason, ...] = Field(description="The weightiest first.")
    portrait_found: bool
    chip_proven: bool | None = Field(default=None, description="Missing where no chip was read.")
    reading: str | None = Field(
        default=None, description="Missing where a capture could come to nothing.", examples=["AQAAAABpRt…"]
    )
    uploads_left: int = Field(ge=0)


class PreviewAnswer(Strict):
    """What to do for a picture of the document that can be read."""

    looked: bool = Field(description="False where nobody had the time to look: the next one may be looked at.")
    ready: bool = Field(description="A picture like this one will do.")
    advice: tuple[str, ...] = Field(
        description="Codes, the most urgent first: their words are among those of `/h/v1/words`.",
        examples=[["document_too_small", "glare_top_left"]],
    )
    corners: tuple[tuple[float, float], ...] | None = Field(
        default=None,
        description="Of the page, as x and y in parts of the picture's width and height, in the order in which they"
        " follow one another; they may lie outside of it. Missing where no page is seen.",
        examples=[[[0.11, 0.22], [0.89, 0.21], [0.9, 0.77], [0.1, 0.78]]],
    )


class CorrectionAsked(Strict):
    reading: str = Field(
        min_length=1, max_length=MOST_LETTERS, description="As the upload answered it.", examples=["AQAAAABpRt…"]
    )
    corrections: dict[Literal["family_name", "given_names"], CorrectedName] = Field(
        min_length=1,
        description="What stands on the document, by field; the value that was read takes a correction back.",
        examples=[{"family_name": "ERIKSSON"}],
    )


class CorrectionAnswer(Strict):
    """In place of what the upload answered."""

    reading: str = Field(examples=["AQAAAABpRt…"])
    values: dict[str, str] = Field(
        description="Of every field that may be corrected.", examples=[{"family_name": "ERIKSSON"}]
    )
    corrected: tuple[str, ...] = Field(
        description="Of them, those that differ from what was read.", examples=[["family_name"]]
    )


class KeptThing(Strict):
    name: str = Field(examples=["sealed.disclosed"])
    text: str = Field(examples=["From your document: what An operator may fetch. Locked away."])
    until: Moment | None = Field(default=None, description="Missing where it goes with no time of its own.")
    until_text: str = Field(examples=["until it is erased"])
    sealed: bool = Field(description="Encrypted under a key of this verification.")
    count: int = Field(ge=1)


class KeptAnswer(Strict):
    """All that is kept about the holder, told by the store itself."""

    language: str = Field(examples=["en"])
    items: tuple[KeptThing, ...]

"""Which portrait a probe is held against: the one of the chip, or the one that is printed on the document."""

from collections.abc import Sequence

from visavis.capture.picture import Picture
from visavis.decision.vocabulary import ReferenceSource
from visavis.document.reading import DocumentReading
from visavis.service.chip_evidence import ChipExamination

__all__ = ["choose_reference", "reference_picture"]


def choose_reference(
    wanted: Sequence[ReferenceSource], *, at_hand: Sequence[ReferenceSource]
) -> ReferenceSource | None:
    """The first that the policy wants and that is at hand; else None.

    ``wanted``: the policy's, in its order of preference. ``at_hand``: a chip only where its portrait is proven and can
    be read.
    """
    return next((source for source in wanted if source in at_hand), None)


def reference_picture(
    source: ReferenceSource | None,
    *,
    chip: ChipExamination | None,
    pictures: Sequence[Picture],
    reading: DocumentReading | None,
) -> Picture | str:
    """What is to be sampled: the chip's portrait, else the page laid flat that bears it, else the one picture. A reason
    code where there is none.

    Of several pictures that were read only a page that says whose it is will do: else anybody's portrait could be laid
    beside another's document.
    """
    if source is ReferenceSource.CHIP or not pictures:
        portrait = None if chip is None else chip.portrait
        reason = (None if chip is None else chip.portrait_reason) or "not_proven"
        return reason if portrait is None else portrait
    page = None if reading is None else reading.portrait_page
    if page is None and reading is not None and len(pictures) > 1:
        return "no_face"
    return pictures[0] if page is None else page

"""Which portrait a probe is held against: the one of the chip, or the one that is printed on the document."""

from collections.abc import Sequence

from visavis.decision.vocabulary import ReferenceSource

__all__ = ["choose_reference"]


def choose_reference(
    wanted: Sequence[ReferenceSource], *, at_hand: Sequence[ReferenceSource]
) -> ReferenceSource | None:
    """The first that the policy wants and that is at hand; else None.

    ``wanted``: the policy's, in its order of preference. ``at_hand``: a chip only where its portrait is proven and can
    be read.
    """
    return next((source for source in wanted if source in at_hand), None)

"""Which attack instrument a capture looks most like, from what its witnesses found.

An instrument is named for a reviewer, and for a site that wants to know what it is attacked with. It is the likely one
*if* this is an attack: people make wrong gestures and friends look over shoulders. It decides nothing.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from visavis.domain.evidence import Outcome
from visavis.pad.evidence import Witness, WitnessEvidence

__all__ = ["FINDINGS", "AttackInstrument", "likely_instrument"]


class AttackInstrument(StrEnum):
    """Presentation attack instruments, as far as findings can tell them apart (ISO/IEC 30107-1, 30107-3)."""

    PRINT = "print"
    """A flat or bent print, or a screen with a still picture: something that moves like a sheet."""
    SCREEN = "screen"
    """A screen held before the camera, or another flat thing that gives light of its own."""
    RECORDING = "recording"
    """An earlier capture, replayed: it answers something else than what was asked."""
    LOOP = "loop"
    """A still, or a short piece over and over, fed in place of the camera."""
    INJECTED = "injected"
    """A stream fed in place of the camera, with the light put over the picture."""
    PUPPET = "puppet"
    """A picture made to answer: animated, or a print with openings for the eyes."""
    SWAP = "swap"
    """Another face from some moment on, or for the frames that are compared."""
    SECOND_PERSON = "second_person"
    """Somebody beside the holder."""


FINDINGS: Final = {
    "frozen_or_looped": AttackInstrument.LOOP,
    "answer_to_another": AttackInstrument.RECORDING,
    "frames_before_challenge": AttackInstrument.RECORDING,
    "second_person": AttackInstrument.SWAP,
    "compared_face_differs": AttackInstrument.SWAP,
    "second_face": AttackInstrument.SECOND_PERSON,
    "moves_like_a_sheet": AttackInstrument.PRINT,
    "light_on_everything": AttackInstrument.INJECTED,
    "light_in_other_order": AttackInstrument.RECORDING,
    "light_without_shape": AttackInstrument.SCREEN,
    "wrong_gesture": AttackInstrument.RECORDING,
}
"""What a witness can fail for, the most telling first."""


def likely_instrument(witnesses: Iterable[WitnessEvidence]) -> AttackInstrument | None:
    """What the most telling finding points at; None where no witness failed for something that points anywhere.

    Only a fail points. Two findings together say more than one: a sheet that shines in colours of its own is a screen,
    and one whose eyes closed when they were asked to is a picture made to answer.
    """
    listed = list(witnesses)
    failed = [item for item in listed if item.outcome is Outcome.FAIL and item.witness is not Witness.PASSIVE]
    found = {code for item in failed for code in item.reasons}
    likely = next((instrument for code, instrument in FINDINGS.items() if code in found), None)
    if likely is not AttackInstrument.PRINT:
        return likely
    if "light_in_other_order" in found:
        return AttackInstrument.SCREEN
    answered = any(item.witness is Witness.ACTIVE and item.outcome is Outcome.PASS for item in listed)
    return AttackInstrument.PUPPET if answered else likely

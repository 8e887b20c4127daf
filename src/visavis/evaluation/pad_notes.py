"""What a reader must know before a figure of attack detection is quoted."""

from typing import Final

__all__ = ["pad_notes"]

_SIMULATED: Final = (
    (
        "Every attack here, and every living person but the recorded ones, is a simulation made of clips: cards "
        "without creases, screens without a true panel, people who followed no prompts, light by a stated model. A "
        "laboratory with real instruments (ISO/IEC 30107-3) finds more."
    ),
    (
        "APCER is the share of a species' presentations that passed as bona fide; an average over species would hide "
        "the worst, so there is none. BPCER counts living people taken for an attack; who was not classified at all is "
        "non-response; both together were not accepted."
    ),
    (
        "One presentation is one attempt. A policy allows few; an attacker who may try n times has nearly n times the "
        "chance."
    ),
    (
        "The bounds take presentations as independent. They are made of few people, so they are too narrow for a claim "
        "about people at large."
    ),
    (
        "Half of the attack presentations are asked the usual challenge, the others a variant for a person who cannot "
        "make all gestures, since who replays such a person would ask for it."
    ),
)
_TUNING: Final = (
    "These people are of the half that thresholds and actors were tuned on: the figures are too good. Quote those of "
    "the other half."
)
_HALVES: Final = (
    "These people are not among those that the actors and the laboratory were tuned on. Of the ten clips that visavis "
    "was built with, all ten had been looked at when the witnesses' own thresholds were set."
)


def pad_notes(*, half: str, simulated: bool, recorded: bool) -> tuple[str, ...]:
    """In the order of their weight."""
    notes: list[str] = []
    if simulated:
        notes += _SIMULATED
        notes.append(_TUNING if half == "tuning" else _HALVES)
        notes.append(
            "A presentation ends when its gestures have failed, as in the field. The first ones of each species go on "
            "to the end, so that each witness can be measured by itself."
        )
    if recorded:
        notes.append(
            "Recorded people are real captures with their own challenges and screen light, played through the analyser "
            "again; the prompts are those of that time."
        )
    return tuple(notes)

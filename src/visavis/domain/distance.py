"""How far from the camera a holder stands, where the relying party knows it."""

from enum import StrEnum

__all__ = ["Distance"]


class Distance(StrEnum):
    """A policy's ``distance``: nobody is to come nose to screen before a kiosk, nor to step back from a phone."""

    HAND_HELD = "hand_held"
    """A phone in the holder's hand, or a laptop: some 30 to 60 cm."""
    COUNTER = "counter"
    """A tablet on a counter: some 50 to 80 cm."""
    KIOSK = "kiosk"
    """A kiosk that people stand before: some 70 to 110 cm."""

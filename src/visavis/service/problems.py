"""Refusals that every store gives in the same words."""

from visavis.errors import StateError

__all__ = ["changed_meanwhile", "consented_already", "decided_already"]

_AGAIN = "Read it again, and go on from its present state."


def changed_meanwhile() -> StateError:
    return StateError("changed_meanwhile", "Somebody else changed this in the meantime.", advice=_AGAIN)


def decided_already() -> StateError:
    return StateError("decided_already", "This verification has its decision, which stays as it is.", advice=_AGAIN)


def consented_already() -> StateError:
    return StateError("consented_already", "This verification has its consent receipt.", advice=_AGAIN)

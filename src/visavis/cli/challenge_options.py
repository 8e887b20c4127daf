"""What a person can do, as options of the commands that draw challenges for them."""

from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from visavis.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from visavis.capture.challenge import Gesture

__all__ = ["EYES", "person_options", "replaced_gestures"]

EYES: Final = {"both": "the eyes", "left": "the left eye", "right": "the right eye"}
F = TypeVar("F", bound="Callable[..., Any]")


def person_options(function: F) -> F:
    """Adds ``gestures``, ``replacements`` and ``eyes`` to a command."""
    for option in reversed(
        (
            click.option(
                "--gestures", metavar="A,B,...", help="Those that this person can make. Each other one is replaced."
            ),
            click.option(
                "--replace",
                "replacements",
                metavar="A=B",
                multiple=True,
                help="Ask for B where A would have been asked for. May be given more than once.",
            ),
            click.option(
                "--eyes",
                type=click.Choice(tuple(EYES)),
                default="both",
                show_default=True,
                help="Whose closing counts.",
            ),
        )
    ):
        function = option(function)
    return function


def replaced_gestures(gestures: str | None, replacements: "Iterable[str]") -> "dict[Gesture, Gesture]":
    """What is asked for in place of what. Raises UsageError ``gesture_unknown``, ``gesture_replaced_twice``."""
    from visavis.capture.challenge import Gesture

    replaced: dict[Gesture, Gesture] = {}
    for item in replacements:
        gone, _, instead = item.partition("=")
        if _gesture(gone) in replaced:
            raise UsageError("gesture_replaced_twice", f"{gone.strip()} is replaced twice.", advice="Name it once.")
        replaced[_gesture(gone)] = _gesture(instead)
    if gestures is None:
        return replaced
    able = {_gesture(word) for word in gestures.split(",")}
    others = {
        Gesture.TURN_LEFT: (Gesture.TURN_RIGHT,),
        Gesture.TURN_RIGHT: (Gesture.TURN_LEFT,),
        Gesture.LOOK_UP: (Gesture.LOOK_DOWN, Gesture.CLOSE_EYES, Gesture.TURN_LEFT, Gesture.TURN_RIGHT),
        Gesture.LOOK_DOWN: (Gesture.LOOK_UP, Gesture.CLOSE_EYES, Gesture.TURN_LEFT, Gesture.TURN_RIGHT),
        Gesture.CLOSE_EYES: (Gesture.LOOK_DOWN, Gesture.LOOK_UP, Gesture.TURN_LEFT, Gesture.TURN_RIGHT),
    }
    for gone, candidates in others.items():
        if gone in able or gone in replaced:
            continue
        # a turn that cannot be replaced by the other turn still leaves the challenge, which then refuses to be drawn
        any_other = (item for item in (*candidates, *Gesture) if item in able and item not in replaced)
        instead_of_it = next(any_other, None)
        if instead_of_it is not None:
            replaced[gone] = instead_of_it
    return replaced


def _gesture(word: str) -> "Gesture":
    from visavis.capture.challenge import Gesture

    try:
        return Gesture(word.strip())
    except ValueError:
        raise UsageError(
            "gesture_unknown",
            "This names a gesture that is none.",
            advice=f"There are {', '.join(Gesture)}; --replace takes two of them, as turn_left=turn_right.",
        ) from None

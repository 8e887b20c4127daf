"""`visavis challenge`: draw one challenge, for a recorded answer or for looking at."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from visavis.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from visavis.capture.challenge import Challenge, ChallengeEntropy, Gesture

__all__ = ["command"]

ASKED: Final = {
    "turn_left": "turn the head to the left, by {turn:g} degrees",
    "turn_right": "turn the head to the right, by {turn:g} degrees",
    "look_up": "look up, by {pitch:g} degrees",
    "look_down": "look down, by {pitch:g} degrees",
    "close_eyes": "close {eyes} for {closure:g} s",
}
EYES: Final = {"both": "the eyes", "left": "the left eye", "right": "the right eye"}


@click.command(name="challenge")
@click.option("--gestures", metavar="A,B,...", help="Those that this person can make. Each other one is replaced.")
@click.option(
    "--replace",
    "replacements",
    metavar="A=B",
    multiple=True,
    help="Ask for B where A would have been asked for. May be given more than once.",
)
@click.option("--eyes", type=click.Choice(tuple(EYES)), default="both", show_default=True, help="Whose closing counts.")
@click.option("--no-light", is_flag=True, help="Without colours, for a photosensitive person; the order is longer.")
@click.option("--text", "as_text", is_flag=True, help="Print what is asked for people, and no JSON.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the JSON to this file.")
def command(
    *,
    gestures: str | None,
    replacements: tuple[str, ...],
    eyes: str,
    no_light: bool,
    as_text: bool,
    out: Path | None,
) -> int:
    """Draw a challenge: gestures and colours in an order that nobody can know before.

    Prints it as JSON, for `visavis verify --challenge`, and on standard error what it asks and how unpredictable it is.
    It is drawn from the system's own randomness, open for a minute, and never to be shown to the holder as a whole.
    Left and right are the holder's own.
    """
    import secrets

    from visavis.capture.answering import challenge_json
    from visavis.capture.challenge import ChallengePolicy, Eyes, challenge_entropy, issue_challenge
    from visavis.clock import SystemClock

    policy = ChallengePolicy(
        replaced=_replaced(gestures, replacements), eyes=Eyes(eyes), light_steps=0 if no_light else 12
    )
    entropy = challenge_entropy(policy)
    challenge = issue_challenge(policy=policy, rng=secrets.SystemRandom(), now=SystemClock().now())
    data = challenge_json(challenge) + b"\n"
    if out is not None:
        from visavis.evaluation.files import write_whole

        write_whole(out, data)
    elif not as_text:
        click.echo(data.decode(), nl=False)
    for line in _lines(challenge, entropy):
        click.echo(line, err=not as_text and out is None)
    return 0


def _replaced(gestures: str | None, replacements: "Iterable[str]") -> "dict[Gesture, Gesture]":
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


def _lines(challenge: "Challenge", entropy: "ChallengeEntropy") -> list[str]:
    from visavis.capture.challenge import GestureStep

    seconds = (challenge.expires_at - challenge.issued_at).total_seconds()
    lines = [
        f"Challenge {challenge.nonce[:8]}, open for {seconds:g} s, until {challenge.expires_at:%Y-%m-%d %H:%M:%S} UTC."
    ]
    for number, step in enumerate(challenge.steps, start=1):
        if isinstance(step, GestureStep):
            asked = ASKED[step.gesture.value].format(
                turn=challenge.turn_degrees,
                pitch=challenge.pitch_degrees,
                eyes=EYES[challenge.eyes.value],
                closure=challenge.closure_s,
            )
            text = f"{asked}, within {challenge.window_s:g} s"
        else:
            text = f"look at the screen: {len(step.schedule.colours)} colours in {step.schedule.duration_s:g} s"
        lines.append(f"  {number}. after {step.pause_s:.2f} s  {text}")
    lines += [f"  In place of {gone.value}: {instead.value}." for gone, instead in sorted(challenge.replaced.items())]
    light = f"light {entropy.light:.1f} bits, its place {entropy.place:.1f}" if entropy.light else "no light"
    lines.append(f"Order {entropy.order:.1f} bits (1 in {2**entropy.order:.0f}), {light}; pauses {entropy.pauses:.1f}.")
    return lines

"""`visavis challenge`: draw one challenge, for a recorded answer or for looking at."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from visavis.cli.challenge_options import EYES, person_options, replaced_gestures

if TYPE_CHECKING:
    from visavis.capture.challenge import Challenge, ChallengeEntropy

__all__ = ["command"]

ASKED: Final = {
    "turn_left": "turn the head to the left, by {turn:g} degrees",
    "turn_right": "turn the head to the right, by {turn:g} degrees",
    "look_up": "look up, by {pitch:g} degrees",
    "look_down": "look down, by {pitch:g} degrees",
    "close_eyes": "close {eyes} for {closure:g} s",
}


@click.command(name="challenge")
@person_options
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
        replaced=replaced_gestures(gestures, replacements), eyes=Eyes(eyes), light_steps=0 if no_light else 12
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

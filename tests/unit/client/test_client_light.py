"""When a page shows which colour: each for its time, and held while the service says so."""

from visavis.client.capture import Prompt, _Light

PROMPT = Prompt(nonce="5e", step=1, ask="light", colours=("#ff0000", "#00ff00", "#0000ff"), step_s=0.5)


def test_each_colour_has_its_time() -> None:
    light = _Light(PROMPT)
    said = [light.at(10 + place / 4) for place in range(7)]
    changes = [(place, colour) for place, (changed, colour) in enumerate(said) if changed]
    assert changes == [(0, "#ff0000"), (2, "#00ff00"), (4, "#0000ff"), (6, None)]
    assert light.shown == [(10.0, "#ff0000"), (10.5, "#00ff00"), (11.0, "#0000ff")]
    assert said[1] == (False, "#ff0000")


def test_a_colour_that_is_held_has_its_time_all_the_same() -> None:
    light = _Light(PROMPT)
    assert light.at(0.0) == (True, "#ff0000")
    light.hold(held=True, now=0.25)
    light.hold(held=True, now=0.5)  # said twice
    assert light.at(5.0) == (False, "#ff0000")
    light.hold(held=False, now=5.25)
    light.hold(held=False, now=5.25)
    assert light.at(5.25) == (False, "#ff0000")
    assert light.at(5.5) == (True, "#00ff00")


def test_what_is_held_before_it_began_begins_afterwards() -> None:
    light = _Light(PROMPT)
    light.hold(held=True, now=0.0)
    assert light.at(1.0) == (False, "#ff0000")
    assert light.shown == []
    light.hold(held=False, now=2.0)
    assert light.at(2.0) == (True, "#ff0000")


def test_what_was_late_is_told_as_late() -> None:
    light = _Light(PROMPT)
    light.at(0.0)
    light.at(3.0)
    light.at(3.25)
    assert light.shown == [(0.0, "#ff0000"), (3.0, "#00ff00")]

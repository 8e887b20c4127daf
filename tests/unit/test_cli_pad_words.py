"""How attack detection is said: everything that was found, an instrument only as likely, and the same in JSON."""

import json

import click
import pytest

from pad_material import challenge_of
from visavis.cli.pad_words import INSTRUMENTS, answer_json, challenge_summary, note_lines, pad_lines
from visavis.domain.evidence import Outcome
from visavis.domain.operating_points import PadOperatingPoint
from visavis.pad.assessment import assess
from visavis.pad.evidence import Witness, WitnessEvidence
from visavis.pad.guidance import Guidance
from visavis.pad.instruments import AttackInstrument
from visavis.pad.presentation import PresentationFindings
from visavis.pad.trace import Trace
from visavis.service.recorded_answer import FILE_NOTES, RecordedAnswer


def answer(*witnesses: WitnessEvidence) -> RecordedAnswer:
    pad = assess(witnesses, operating_point=PadOperatingPoint.STRICT)
    findings = PresentationFindings(witnesses=pad.witnesses, trace=Trace(), guidance={Guidance.CLOSER: 1.2345})
    return RecordedAnswer(pad=pad, findings=findings, frames=120, seconds=12.3456, truncated=True)


SHEET = WitnessEvidence(
    witness=Witness.STRUCTURE,
    outcome=Outcome.FAIL,
    score=0.0123456789,
    operating_point="relief gain",
    reasons=("moves_like_a_sheet",),
    details={"pairs": 6},
)


def test_every_instrument_has_a_name_for_people() -> None:
    assert set(INSTRUMENTS) == set(AttackInstrument)


def test_each_witness_has_its_line_and_the_instrument_is_no_proof() -> None:
    lines = [click.unstyle(line) for line in pad_lines(answer(SHEET).pad)]
    assert lines[0] == "Witnesses of attack detection, at strict"
    assert [line.split()[0] for line in lines[1:7]] == [which.value for which in Witness]
    assert lines[2].split() == ["structure", "fail", "0.012", "moves_like_a_sheet"]
    assert (
        lines[7]
        == "  If this is an attack, it looks most like a print, or a screen with a still picture. That is no proof."
    )
    assert len(pad_lines(answer().pad)) == 7


def test_the_json_holds_the_same() -> None:
    said = json.loads(json.dumps(answer_json(answer(SHEET))))
    assert said["outcome"] == "fail"
    assert said["score"] == 0.0
    assert said["likely_instrument"] == "print"
    assert said["advice"] == []
    assert [item["code"] for item in said["reasons"]] == ["moves_like_a_sheet"]
    structure = said["witnesses"][1]
    assert structure["score"] == pytest.approx(0.012346)
    assert structure["details"] == {"pairs": 6}
    assert (said["frames"], said["seconds"], said["truncated"]) == (120, 12.346, True)
    assert said["guidance"] == {"closer": 1.23}
    nothing = answer_json(answer())
    assert (nothing["outcome"], nothing["score"], nothing["likely_instrument"]) == ("not_measured", None, None)


@pytest.mark.parametrize("colours", [0, 12])
def test_the_challenge_in_short(colours: int) -> None:
    said = json.loads(json.dumps(challenge_summary(challenge_of(light=colours))))
    assert said["colours"] == colours
    assert set(said["gestures"]) <= {"turn_left", "turn_right", "look_up", "look_down", "close_eyes"}
    assert said["issued_at"].endswith("+00:00")


def test_what_a_file_cannot_show_is_said_in_full() -> None:
    assert len(note_lines()) == 1 + len(FILE_NOTES)

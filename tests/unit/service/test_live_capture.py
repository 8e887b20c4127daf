"""A capture from hello to decision, over a store in memory, with an analyser and a film that follow a script."""

import gc
import json
import weakref
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from capture_material import FIELDS, ScriptedAnalysis, Stage, jpeg, make_stage
from store_material import POLICY
from visavis.attestation.holder_keys import prove_holder_key
from visavis.attestation.keys import SoftwareKey
from visavis.attestation.public_keys import Algorithm
from visavis.capture.challenge import Eyes, Gesture, LightStep
from visavis.decision.decide import DecisionOutcome
from visavis.domain.evidence import Check, Evidence, Outcome
from visavis.domain.states import By, Capturing, Conclusion, Consented, Decided, Referred, Withdrawn
from visavis.domain.verification import Verification
from visavis.errors import InputError, LimitError, PictureError, StateError, VisavisError
from visavis.pad.evidence import Witness
from visavis.pad.injection import StreamFacts
from visavis.service.case_material import open_material
from visavis.service.live_capture import CaptureEnd, LiveCapture
from visavis.service.review_records import Kept

REFERS = POLICY.replace('rule = "comparison_at_most_fmr"', 'rule = "comparison_at_most_fmr"\non_fail = "refer"')


def play(capture: LiveCapture) -> int:
    """Frames until nothing more is wanted; how many it were."""
    for number in range(500):
        view = capture.look(jpeg(number), captured_s=100 + number / 2, arrived_s=number / 2)
        if view.over:
            return number + 1
    raise AssertionError("it never ended")


def whole(stage: Stage, row: Verification, **wish: Any) -> CaptureEnd:
    capture = stage.captures.begin(stage.wish(row, **wish))
    play(capture)
    return capture.conclude(StreamFacts(nonce=capture.challenge.nonce))


class TestWhatFollows:
    def test_a_holder_who_answers_and_matches_is_accepted(self) -> None:
        stage = make_stage()
        row = stage.consented()
        end = whole(stage, row)

        assert (end.outcome, end.state, end.attempts_left, end.advice) == (DecisionOutcome.ACCEPTED, "decided", 0, ())
        saved, decision = stage.world.verifications.get(row.relying_party, row.id)
        assert isinstance(saved.state, Decided)
        assert saved.person is not None
        assert decision is not None
        assert decision.conclusion is Conclusion.ACCEPTED
        assert decision.grants
        told = stage.world.verifications.disclosed(row.relying_party, row.id)
        assert told == {"family_name": "ERIKSSON", "document_number": "L898902C3"}

    def test_the_key_that_a_holder_showed_is_kept_for_the_attestation(self) -> None:
        stage = make_stage()
        row = stage.consented()
        mine = SoftwareKey.generate(Algorithm.ES256)
        proof = prove_holder_key(mine, audience=stage.captures.issuer, nonce=row.id, now=stage.world.clock.now())
        whole(stage, row, holder_key=proof)

        told = stage.world.verifications.disclosed(row.relying_party, row.id)
        assert told is not None
        assert json.loads(told["holder_key"]) == dict(mine.public_jwk)

    def test_a_proof_of_another_verification_uses_no_attempt(self) -> None:
        stage = make_stage()
        row = stage.consented()
        mine = SoftwareKey.generate(Algorithm.ES256)
        proof = prove_holder_key(mine, audience=stage.captures.issuer, nonce="ver_another", now=stage.world.clock.now())
        with pytest.raises(InputError) as caught:
            stage.captures.begin(stage.wish(row, holder_key=proof))
        assert caught.value.code == "holder_key_invalid"
        assert isinstance(stage.row(row).state, Consented)

    def test_the_template_that_is_compared_is_held_against_the_capture(self) -> None:
        stage = make_stage()
        whole(stage, stage.consented())

        assert stage.films[0].looked
        assert stage.analysis.compared is not None
        assert stage.analysis.compared.tolist() == pytest.approx([0.9, 0.19**0.5])

    def test_somebody_else_is_rejected_and_told_nothing(self) -> None:
        stage = make_stage(score=0.2)
        row = stage.consented()
        end = whole(stage, row)

        assert (end.outcome, end.state, end.advice) == (DecisionOutcome.REJECTED, "decided", ())
        assert stage.world.verifications.disclosed(row.relying_party, row.id) is None

    def test_an_attack_is_rejected_whoever_it_shows(self) -> None:
        stage = make_stage(
            make=lambda challenge: ScriptedAnalysis(
                challenge, said={Witness.STRUCTURE: (Outcome.FAIL, "moves_like_a_sheet")}
            )
        )
        assert whole(stage, stage.consented()).outcome is DecisionOutcome.REJECTED

    def test_who_could_not_be_told_tries_again_with_advice_until_the_attempts_are_used(self) -> None:
        stage = make_stage(
            make=lambda challenge: ScriptedAnalysis(
                challenge, said={Witness.ACTIVE: (Outcome.INCONCLUSIVE, "gesture_missing")}
            )
        )
        row = stage.consented()
        first, second = whole(stage, row), whole(stage, row)

        assert (first.outcome, first.state, first.attempts_left) == (DecisionOutcome.INCONCLUSIVE, "consented", 1)
        assert first.advice[0] == "gesture_missing"
        assert (second.state, second.attempts_left, second.advice) == ("decided", 0, ())
        with pytest.raises(StateError):
            stage.captures.begin(stage.wish(row))

    def test_without_a_light_that_could_tell_a_second_channel_is_missing(self) -> None:
        stage = make_stage(
            make=lambda challenge: ScriptedAnalysis(
                challenge, said={Witness.LIGHT: (Outcome.INCONCLUSIVE, "light_too_weak")}
            )
        )
        assert whole(stage, stage.consented()).outcome is DecisionOutcome.INCONCLUSIVE

    def test_what_was_found_of_the_document_is_heard(self) -> None:
        policy = POLICY + '\n[[requires]]\nrule = "document_authentic"\n'
        stage = make_stage(policy=policy)
        row = stage.consented()
        assert whole(stage, row).outcome is DecisionOutcome.INCONCLUSIVE
        proven = Evidence(check=Check.DOCUMENT_AUTHENTIC, outcome=Outcome.PASS, reasons=("chip_authentic",))
        assert whole(stage, row, reading=stage.sealed(row, checks=(proven,))).outcome is DecisionOutcome.ACCEPTED


class TestReferral:
    def test_keeps_what_a_reviewer_needs_sealed_and_nothing_else_does(self) -> None:
        stage = make_stage(policy=REFERS, score=0.2)
        row = stage.consented()
        end = whole(stage, row)

        assert (end.outcome, end.state) == (DecisionOutcome.REFERRED, "referred")
        assert isinstance(stage.row(row).state, Referred)
        with stage.world.storage.reading() as unit:
            kept = {label: open_material(unit, stage.world.sealer, row.id, label) for label in Kept}
        assert kept[Kept.PORTRAIT] == jpeg(7)
        assert (kept[Kept.PROBE] or b"").startswith(b"\xff\xd8")
        assert FIELDS["document_number"].encode() in (kept[Kept.READING] or b"")
        assert b"comparison" in (kept[Kept.EVIDENCE] or b"")

    def test_keeps_nothing_where_the_policy_keeps_nothing(self) -> None:
        stage = make_stage(policy=REFERS.replace('retention = { referred = "72h" }', ""), score=0.2)
        row = stage.consented()
        assert whole(stage, row).outcome is DecisionOutcome.REFERRED
        with stage.world.storage.reading() as unit:
            assert all(open_material(unit, stage.world.sealer, row.id, label) is None for label in Kept)

    def test_the_best_frame_is_the_one_that_is_kept(self) -> None:
        stage = make_stage(policy=REFERS, score=0.2)
        row = stage.consented()
        whole(stage, row)
        last = stage.films[0].looked[-1]  # the script finds each frame better than the one before
        with stage.world.storage.reading() as unit:
            assert open_material(unit, stage.world.sealer, row.id, Kept.PROBE) == jpeg(round(last * 2))


class TestWhoMayBegin:
    def refused(self, stage: Stage, row: Verification, **wish: Any) -> VisavisError:
        before = stage.row(row)
        with pytest.raises(VisavisError) as caught:
            stage.captures.begin(stage.wish(row, **wish))
        assert stage.row(row) == before  # no attempt was used
        return caught.value

    def test_nobody_without_consent(self) -> None:
        stage = make_stage()
        assert self.refused(stage, stage.world.open()).code == "step_not_possible"

    def test_nobody_with_a_reading_of_another_verification_or_session(self) -> None:
        stage = make_stage()
        row, other = stage.consented(), stage.consented()
        assert self.refused(stage, row, reading=stage.sealed(other)).code == "reading_invalid"
        assert self.refused(stage, row, session="another").code == "reading_invalid"
        assert self.refused(stage, row, reading="").code == "reading_invalid"

    def test_nobody_for_another_party(self) -> None:
        stage = make_stage()
        row = stage.consented()
        assert self.refused(stage, row, relying_party="rlp_other").code == "verification_unknown"

    def test_one_at_a_time_until_the_other_must_be_lost(self) -> None:
        stage = make_stage()
        row = stage.consented()
        first = stage.captures.begin(stage.wish(row))
        error = self.refused(stage, row)
        assert (error.code, type(error)) == ("capture_running", LimitError)
        assert getattr(error, "retry_after", None) == 90
        stage.world.clock.forward(seconds=91)
        second = stage.captures.begin(stage.wish(row))
        play(first)
        play(second)
        with pytest.raises(StateError) as caught:
            first.conclude(StreamFacts(nonce=first.challenge.nonce))
        assert caught.value.code == "capture_superseded"
        first.interrupt()  # of another attempt's capture: nothing happens
        assert second.conclude(StreamFacts(nonce=second.challenge.nonce)).outcome is DecisionOutcome.ACCEPTED

    def test_nobody_for_whom_no_challenge_can_be_drawn(self) -> None:
        stage = make_stage()
        row = stage.consented()
        turns = {Gesture.TURN_LEFT: Gesture.LOOK_UP, Gesture.TURN_RIGHT: Gesture.LOOK_UP}
        error = self.refused(stage, row, replaced=turns)
        assert (error.code, type(error)) == ("challenge_without_turn", InputError)

    def test_a_policy_that_compares_nothing_asks_for_no_capture(self) -> None:
        policy = """
id = "change_of_line"
version = 1
alternative = "in_person"
attempts = 2
ttl = "15m"
[[requires]]
rule = "document_authentic"
"""
        stage = make_stage(policy=policy)
        assert self.refused(stage, stage.consented()).code == "capture_not_asked"


class TestTheChallenge:
    def test_is_made_for_what_the_holder_can_do(self) -> None:
        stage = make_stage()
        row = stage.consented()
        wish = stage.wish(row, light=False, eyes=Eyes.LEFT, replaced={Gesture.LOOK_UP: Gesture.LOOK_DOWN})
        challenge = stage.captures.begin(wish).challenge
        assert challenge.light is None
        assert challenge.eyes is Eyes.LEFT
        assert Gesture.LOOK_UP not in challenge.gestures
        assert stage.analysis.challenge is challenge

    def test_is_another_each_time_and_asks_for_light_as_a_rule(self) -> None:
        stage = make_stage()
        drawn = [stage.captures.begin(stage.wish(stage.consented())).challenge for _ in range(4)]
        assert len({challenge.nonce for challenge in drawn}) == 4
        assert all(any(isinstance(step, LightStep) for step in challenge.steps) for challenge in drawn)


class TestNothingStays:
    def test_after_an_interruption_the_attempt_is_used_and_another_may_begin(self) -> None:
        stage = make_stage()
        row = stage.consented()
        capture = stage.captures.begin(stage.wish(row))
        capture.look(jpeg(), captured_s=1.0, arrived_s=0.0)
        capture.interrupt()
        state = stage.row(row).state
        assert isinstance(state, Consented)
        assert state.attempts == 1
        with pytest.raises(StateError) as caught:
            capture.look(jpeg(), captured_s=1.1, arrived_s=0.1)
        assert caught.value.code == "capture_over"
        assert whole(stage, row).outcome is DecisionOutcome.ACCEPTED

    def test_when_the_consent_is_taken_back_meanwhile(self) -> None:
        stage = make_stage()
        row = stage.consented()
        capture = stage.captures.begin(stage.wish(row))
        play(capture)
        capture.check()
        stage.world.verifications.withdraw(row.relying_party, row.id, by=By.HOLDER)
        with pytest.raises(StateError):
            capture.check()
        with pytest.raises(StateError) as caught:
            capture.conclude(StreamFacts(nonce=capture.challenge.nonce))
        assert caught.value.code == "capture_superseded"
        capture.interrupt()
        assert isinstance(stage.row(row).state, Withdrawn)
        assert stage.world.verifications.get(row.relying_party, row.id)[1] is None

    def test_when_its_time_is_over_before_the_last_frame(self) -> None:
        stage = make_stage()
        row = stage.consented()
        capture = stage.captures.begin(stage.wish(row))
        play(capture)
        stage.world.clock.forward(minutes=16)
        with pytest.raises(StateError) as caught:
            capture.conclude(StreamFacts(nonce=capture.challenge.nonce))
        assert caught.value.code == "verification_expired"

    def test_when_a_model_fails_the_capture_can_still_be_interrupted(self) -> None:
        stage = make_stage(make=lambda challenge: ScriptedAnalysis(challenge, fault=RuntimeError("broken")))
        row = stage.consented()
        capture = stage.captures.begin(stage.wish(row))
        with pytest.raises(RuntimeError):
            capture.look(jpeg(), captured_s=1.0, arrived_s=0.0)
        capture.interrupt()
        assert isinstance(stage.row(row).state, Consented)

    def test_neither_analysis_nor_film_outlives_the_capture(self) -> None:
        for end in ("conclude", "interrupt"):
            stage = make_stage()
            capture = stage.captures.begin(stage.wish(stage.consented()))
            play(capture)
            gone: list[Callable[[], object]] = [
                weakref.ref(stage.analyser.analyses.pop()),
                weakref.ref(stage.films.pop()),
            ]
            if end == "conclude":
                capture.conclude(StreamFacts(nonce=capture.challenge.nonce))
            else:
                capture.interrupt()
            gc.collect()
            assert [reference() for reference in gone] == [None, None]

    @pytest.mark.parametrize("data", [b"", b"GIF89a", jpeg()[:100], jpeg(width=40, height=40), bytes(600_000)])
    def test_what_is_no_frame_is_refused(self, data: bytes) -> None:
        stage = make_stage()
        capture = stage.captures.begin(stage.wish(stage.consented()))
        with pytest.raises((InputError, PictureError)):
            capture.look(data, captured_s=1.0, arrived_s=0.0)


def test_the_summary_holds_no_score_and_nothing_personal() -> None:
    stage = make_stage()
    row = stage.consented()
    whole(stage, row)
    _, decision = stage.world.verifications.get(row.relying_party, row.id)
    assert decision is not None
    text = str(dict(decision.summary))
    assert "score" not in text
    assert not any(value in text for value in FIELDS.values())
    assert "consent" in text
    assert isinstance(stage.row(row).state, Decided)


def test_a_capture_counts_from_the_moment_it_begins() -> None:
    stage = make_stage()
    row = stage.consented()
    stage.captures.begin(stage.wish(row))
    state = stage.row(row).state
    assert isinstance(state, Capturing)
    assert state.at == stage.world.clock.now()
    assert stage.row(row).expires_at - stage.row(row).opened_at == timedelta(minutes=15)

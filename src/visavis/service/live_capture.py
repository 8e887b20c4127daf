"""A capture from the holder's hello to the decision: what was read of the document, a challenge, frames, an answer.

`LiveCaptures` is shared by all captures of a process; `LiveCaptures.begin` uses an attempt and gives a `LiveCapture`,
which lives in this process's memory alone. Every way out of it ends in `LiveCapture.conclude` or
`LiveCapture.interrupt`, and drops frames, templates and what was read; nothing of them is in the store but what a
referred case keeps, sealed. Each call may take a while and touch the store, so none belongs on an event loop.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final, Protocol

from visavis.attestation.holder_keys import read_holder_key
from visavis.capture.challenge import Challenge, ChallengePolicy, Eyes, Gesture, issue_challenge
from visavis.capture.frames import FrameLimits, decode_frame
from visavis.capture.jpeg_trace import jpeg_trace
from visavis.capture.picture import Picture
from visavis.clock import Clock
from visavis.decision.canonical import canonical_json
from visavis.decision.decide import DecisionOutcome
from visavis.decision.policy import Policy
from visavis.domain.distance import Distance
from visavis.domain.evidence import Evidence
from visavis.domain.states import Capturing, Consented, state_name
from visavis.domain.verification import Verification
from visavis.errors import InputError, LimitError, PolicyError, StateError
from visavis.pad.framing import Framing, framing_at
from visavis.pad.injection import StreamFacts
from visavis.pad.presentation import PresentationFindings, View
from visavis.perception.layers import layered
from visavis.perception.session import FloatTensor
from visavis.service.examination import Examiner
from visavis.service.findings import consent_check, examine_capture, fmr_of, holders_advice, what_is_left
from visavis.service.ports import Transactions, UnitOfWork
from visavis.service.probe_frames import FilmGathering, ProbeFrames
from visavis.service.sealed_reading import Reading, ReadingPlace, ReadingSeal
from visavis.service.steps import found
from visavis.service.transactions import committed
from visavis.service.verifications import Verifications

__all__ = ["MOST_FRAME_BYTES", "Analyser", "Analysis", "CaptureEnd", "CaptureWish", "LiveCapture", "LiveCaptures"]

MOST_FRAME_BYTES: Final = 500_000
_SLACK: Final = timedelta(seconds=30)
"""For how long after its challenge a capture may still be ending; one that is older was lost."""
_LIMITS: Final = FrameLimits(max_bytes=MOST_FRAME_BYTES)


class Analysis(Protocol):
    """One capture under way: `visavis.pad.presentation.Presentation`."""

    def see(self, picture: Picture, *, captured_s: float, arrived_s: float, encoding: str = "") -> View: ...

    def lit(self, *, until_s: float) -> None: ...

    def ahead(self) -> bool: ...

    def finish(self, facts: StreamFacts, *, compared: FloatTensor | None = None) -> PresentationFindings: ...


class Analyser(Protocol):
    """`visavis.pad.presentation.PresentationAnalyser`."""

    def open(self, challenge: Challenge, /, *, distance: Distance) -> Analysis: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureWish:
    """What the holder's page brings. ``reading``: the sealed one. ``light``: colours may be shown. ``replaced``: a
    gesture that the holder cannot make, and what to ask for instead. ``eyes``: whose closing counts. ``holder_key``:
    proof of a key of the holder's own, for the attestation to be bound to (`visavis.attestation.holder_keys`).
    """

    relying_party: str
    verification: str
    session: str = field(repr=False)
    reading: str = field(repr=False)
    light: bool = True
    replaced: Mapping[Gesture, Gesture] = field(default_factory=dict)
    eyes: Eyes = Eyes.BOTH
    holder_key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureEnd:
    """``state``: of the verification now. ``attempts_left``: that may still be begun, 0 where the verification is over
    or with a reviewer. ``advice``: codes of what to do better, where there is another attempt.

    ``policy``, ``reasons``: what was decided under, and all that stands against it; for the operator's numbers, and not
    for the holder, whom a finding would teach.
    """

    outcome: DecisionOutcome
    state: str
    attempts_left: int
    advice: tuple[str, ...] = ()
    policy: str = ""
    reasons: tuple[str, ...] = ()


class LiveCaptures:
    """``policies``: the policy of a digest. ``film``: a new gathering of frames. ``rng``: `secrets.SystemRandom` but in
    tests; it draws challenges and the frames that are compared. ``issuer``: of attestations, the service's own address.
    """

    def __init__(
        self,
        *,
        storage: Transactions,
        verifications: Verifications,
        readings: ReadingSeal,
        policies: Callable[[str], Policy],
        analyser: Analyser,
        film: Callable[[], FilmGathering],
        examiner: Examiner,
        clock: Clock,
        rng: random.Random,
        issuer: str,
        challenges: ChallengePolicy | None = None,
    ) -> None:
        self.storage = storage
        self.verifications = verifications
        self.readings = readings
        self.policies = policies
        self.analyser = analyser
        self.film = film
        self.examiner = examiner
        self.clock = clock
        self.rng = rng
        self.issuer = issuer
        self.challenges = challenges or ChallengePolicy()

    def begin(self, wish: CaptureWish) -> "LiveCapture":
        """An attempt is used from here on.

        Raises UnknownError ``verification_unknown``; InputError as `ReadingSeal.open`, ``holder_key_invalid``, and
        ``challenge_too_predictable`` and its like where the holder can do too little for a challenge; StateError
        ``step_not_possible``, ``attempts_used_up``, ``verification_expired``, ``capture_not_asked``; LimitError
        ``locked_out``, and ``capture_running`` where one runs already.
        """
        with self.storage.reading() as unit:
            row = found(unit.verifications.find(wish.relying_party, wish.verification))
        policy = self.policies(row.policy_digest)
        fmr_of(policy, self.examiner)
        place = ReadingPlace(verification=row.id, session=wish.session, policy_digest=row.policy_digest)
        reading = self.readings.open(wish.reading, place, now=self.clock.now())
        challenge = self._challenge(wish)
        holder_key = self._holder_key(wish)
        begun = self._begun(row, policy, reading.person)
        return LiveCapture(self, begun, policy, reading, challenge, holder_key=holder_key)

    def _holder_key(self, wish: CaptureWish) -> str:
        if not wish.holder_key:
            return ""
        now = self.clock.now()
        jwk = read_holder_key(wish.holder_key, expected_audience=self.issuer, expected_nonce=wish.verification, now=now)
        return canonical_json(jwk).decode()

    def _challenge(self, wish: CaptureWish) -> Challenge:
        try:
            usual = replace(self.challenges, replaced=dict(wish.replaced), eyes=wish.eyes)
            asked = usual if wish.light else replace(usual, light_steps=0)
            return issue_challenge(policy=asked, rng=self.rng, now=self.clock.now())
        except PolicyError as error:  # what this person can do is an input here, and no policy of ours
            raise InputError(error.code, error.message, advice=error.advice) from error

    def _begun(self, row: Verification, policy: Policy, person: str | None) -> Verification:
        def work(unit: UnitOfWork) -> Verification:
            verifications = self.verifications.within(unit)
            before = found(unit.verifications.find(row.relying_party, row.id, lock=True))
            if isinstance(before.state, Capturing):
                left = before.state.at + timedelta(seconds=self.challenges.valid_s) + _SLACK - self.clock.now()
                if left > timedelta():
                    raise LimitError(
                        "capture_running",
                        "A capture for this verification is running.",
                        advice="End the other one first, or wait until its time is over.",
                        retry_after=max(1, round(left.total_seconds())),
                    )
                # its process is gone, or it would have ended by now
                verifications.interrupt(row.relying_party, row.id)
            return verifications.begin_capture(row.relying_party, row.id, policy, person=person)

        return committed(self.storage, work)


class LiveCapture:
    """One capture. Not for two threads at once, but any thread may make the next call."""

    def __init__(
        self,
        shared: LiveCaptures,
        row: Verification,
        policy: Policy,
        reading: Reading,
        challenge: Challenge,
        *,
        holder_key: str = "",
    ) -> None:
        self.challenge = challenge
        self._shared = shared
        self._row = row
        self._attempt = row.state.attempts if isinstance(row.state, Capturing) else 0
        self._policy = policy
        self._holder_key = holder_key
        self._reading: Reading | None = reading
        self._analysis: Analysis | None = shared.analyser.open(challenge, distance=policy.distance)
        self._frames: ProbeFrames | None = ProbeFrames(shared.film(), shared.rng)

    @property
    def verification(self) -> str:
        return self._row.id

    @property
    def framing(self) -> Framing:
        return framing_at(self._policy.distance)

    def look(self, data: bytes, *, captured_s: float, arrived_s: float) -> View:
        """One frame, in the order of arrival: JPEG of at most `MOST_FRAME_BYTES`; seconds on the page's clock, and on
        the service's own since the capture began.

        Raises as `visavis.capture.frames.decode_frame` and `visavis.pad.presentation.Presentation.see`; StateError
        ``capture_over``.
        """
        if self._analysis is None or self._frames is None:
            raise _over()
        picture = layered(decode_frame(data, limits=_LIMITS))
        view = self._analysis.see(picture, captured_s=captured_s, arrived_s=arrived_s, encoding=jpeg_trace(data))
        if not view.over:
            self._frames.see(view, data, picture)
        return view

    def lit(self, *, until_s: float) -> None:
        """The page has shown every colour, the last one until then by its own clock. Not beside `look`."""
        if self._analysis is not None:
            self._analysis.lit(until_s=until_s)

    def ahead(self) -> bool:
        """Do a piece of what `conclude` has to do, if one can be done by now; some 0.05 s. May run beside `look`."""
        analysis = self._analysis
        return analysis is not None and analysis.ahead()

    def conclude(self, facts: StreamFacts) -> CaptureEnd:
        """The evidence, the decision and all that follows from it, kept in one unit of work.

        Raises StateError ``capture_superseded`` and ``step_not_possible`` where the verification went on without this
        capture: withdrawn, expired, or captured again; ``capture_over``.
        """
        analysis, frames, reading = self._analysis, self._frames, self._reading
        self.drop()
        if analysis is None or frames is None or reading is None:
            raise _over()
        probe = frames.sample()
        compared = None if probe.template is None else probe.template.vector
        examined = examine_capture(
            policy=self._policy,
            examiner=self._shared.examiner,
            reading=reading,
            probe=probe,
            presentation=analysis.finish(facts, compared=compared),
            consent=self._consent(),
        )
        findings = what_is_left(
            examined,
            verification=self._row,
            policy=self._policy,
            reading=reading,
            picture=frames.picture,
            holder_key=self._holder_key,
        )

        def work(unit: UnitOfWork) -> Verification:
            self._check(unit)
            verifications = self._shared.verifications.within(unit)
            verifications.submit(self._row.relying_party, self._row.id)
            return verifications.conclude(self._row.relying_party, self._row.id, findings, self._policy)

        saved = committed(self._shared.storage, work)
        again = isinstance(saved.state, Consented)
        return CaptureEnd(
            outcome=examined.decision.outcome,
            state=state_name(saved.state),
            attempts_left=saved.attempts - saved.state.attempts if isinstance(saved.state, Consented) else 0,
            advice=holders_advice(examined) if again else (),
            policy=self._policy.id,
            reasons=examined.decision.reasons,
        )

    def check(self) -> None:
        """Whether the verification still waits for this capture. Raises StateError as `conclude`."""
        with self._shared.storage.reading() as unit:
            self._mine(unit.verifications.find(self._row.relying_party, self._row.id))

    def interrupt(self) -> None:
        """It broke off: the attempt stays used, another may be begun. Nothing happens where it is over already."""
        self.drop()

        def work(unit: UnitOfWork) -> None:
            row = unit.verifications.find(self._row.relying_party, self._row.id, lock=True)
            if row is not None and self._is_mine(row):
                self._shared.verifications.within(unit).interrupt(row.relying_party, row.id)

        committed(self._shared.storage, work)

    def drop(self) -> None:
        """Let go of every frame, template and field."""
        self._analysis = self._frames = self._reading = None

    def _consent(self) -> Evidence:
        with self._shared.storage.reading() as unit:
            row = unit.verifications.find(self._row.relying_party, self._row.id)
        return consent_check(self._mine(row))

    def _check(self, unit: UnitOfWork) -> None:
        self._mine(unit.verifications.find(self._row.relying_party, self._row.id, lock=True))

    def _mine(self, row: Verification | None) -> Verification:
        """Raises StateError where the verification does not wait for this very capture any more."""
        row = found(row)
        if not self._is_mine(row):
            raise StateError(
                "capture_superseded",
                "The verification went on without this capture.",
                advice="Read the verification again, and go on from its present state.",
            )
        return row

    def _is_mine(self, row: Verification) -> bool:
        return isinstance(row.state, Capturing) and row.state.attempts == self._attempt


def _over() -> StateError:
    return StateError("capture_over", "This capture is over.", advice="Begin again.")

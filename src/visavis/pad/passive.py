"""The passive witness: what a texture network says about the picture around a face, over many frames and crops.

Advisory. In good light it is nearly always sure of living people, and it sees most prints and screens; but noise makes
it doubt the living too, and it takes some screens, most 2-D puppets and every injected file for them
(docs/reference/attack-witnesses.md). So its pass is worth little and its doubt is worth a second look: it never fails
anybody, and an assessment must not let its pass stand for another witness.
"""

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from visavis.capture.picture import Picture, RgbImage
from visavis.domain.evidence import Outcome
from visavis.errors import ModelInvalidError
from visavis.pad.evidence import Witness, WitnessEvidence, not_measured
from visavis.pad.observation import FrameObservation
from visavis.perception.landmarks import FaceMesh
from visavis.perception.session import ModelSession

__all__ = ["PassiveOptions", "PassiveState", "PassiveWitness", "TextureNetwork"]

_LIVE: Final = 0
_CLASSES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PassiveOptions:
    """``margins``: side of the crop over that of the mesh's box, one after the other from frame to frame.

    ``every_s``: the least time between two frames that are looked at, until there are ``least_frames``: fewer say
    nothing. ``later_s``: the same from then on, since a run takes as long as all else in a frame. ``most_frames``:
    kept, the latest. ``trimmed``: this share of the scores is left out at either end.
    ``accept``: the trimmed mean from which the texture is that of a living person's own picture.
    """

    margins: tuple[float, ...] = (2.7, 2.75, 2.65)
    every_s: float = 0.25
    later_s: float = 1.0
    least_frames: int = 5
    most_frames: int = 200
    trimmed: float = 0.1
    accept: float = 0.908


class TextureNetwork:
    """Stateless between calls, so safe from several threads if its session is.

    The session takes (1, 3, 128, 128), **BGR**, 0..255 as they are, and gives three numbers before the softmax, the
    first for a living person. The crop is what the network was trained on: the mesh's box with each side made longer by
    the margin, cut at the picture's border, and stretched to a square. Padding instead of cutting makes it refuse most
    living people who are near the camera.
    """

    _SIDE: Final = 128

    def __init__(self, session: ModelSession) -> None:
        self._session = session

    def score(self, picture: Picture, mesh: FaceMesh, *, margin: float = 2.7) -> float | None:
        """How much like a living person's own picture, 0..1; None where the face lies outside of the picture.

        Raises ModelInvalidError where the network does not give three numbers.
        """
        crop = _cut(picture.pixels, mesh, margin)
        if crop is None:
            return None
        small = cv2.resize(crop, (self._SIDE, self._SIDE), interpolation=cv2.INTER_LINEAR)
        tensor = np.ascontiguousarray(small[:, :, ::-1].transpose(2, 0, 1)[None], np.float32)
        outputs = self._session.run(tensor)
        if len(outputs) != 1 or outputs[0].size != _CLASSES or not np.isfinite(outputs[0]).all():
            raise ModelInvalidError(
                "model_output_unexpected",
                f"The texture model {self._session.identity} does not give three numbers.",
                advice="Check the model's entry in the manifest.",
            )
        logits = outputs[0].reshape(-1).astype(np.float64)
        powers = np.exp(logits - logits.max())
        return float(powers[_LIVE] / powers.sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class PassiveState:
    """``scores``: of the frames that were looked at, the latest last. ``seen``: how many there were in all."""

    scores: tuple[float, ...] = ()
    seen: int = 0
    last_s: float | None = None


class PassiveWitness:
    """A fold: `start`, `see` for each frame, `judge`. Stateless itself."""

    def __init__(self, network: TextureNetwork, options: PassiveOptions | None = None) -> None:
        self._network = network
        self._options = options or PassiveOptions()

    def start(self) -> PassiveState:
        return PassiveState()

    def see(self, state: PassiveState, picture: Picture, observation: FrameObservation) -> PassiveState:
        """The state with this frame in it, if one is due. Raises ModelInvalidError as `TextureNetwork.score`."""
        options = self._options
        face, time_s = observation.face, observation.captured_s
        every_s = options.every_s if len(state.scores) < options.least_frames else options.later_s
        # a clock that goes back must not stop the witness
        if face is None or (state.last_s is not None and 0 <= time_s - state.last_s < every_s):
            return state
        margin = options.margins[state.seen % len(options.margins)]
        score = self._network.score(picture, face.mesh, margin=margin)
        if score is None:
            return state
        scores = (*state.scores, score)[-options.most_frames :]
        return replace(state, scores=scores, seen=state.seen + 1, last_s=time_s)

    def judge(self, state: PassiveState) -> WitnessEvidence:
        """``pass`` or ``inconclusive``, never ``fail``; ``not_measured`` where no face was seen."""
        options = self._options
        if not state.scores:
            return not_measured(Witness.PASSIVE, "no_face")
        ordered = np.sort(np.array(state.scores))
        cut = int(options.trimmed * len(ordered))
        score = float(ordered[cut : len(ordered) - cut].mean())
        reasons: tuple[str, ...] = ()
        if len(ordered) < options.least_frames:
            reasons = ("too_few_frames",)
        elif score < options.accept:
            reasons = ("texture_of_a_copy",)
        return WitnessEvidence(
            witness=Witness.PASSIVE,
            outcome=Outcome.INCONCLUSIVE if reasons else Outcome.PASS,
            score=score,
            operating_point=f"trimmed mean >= {options.accept:g}, advisory",
            reasons=reasons,
            details={
                "advisory": True,
                "frames": len(ordered),
                "lower_quartile": round(float(np.quantile(ordered, 0.25)), 3),
            },
        )


def _cut(pixels: RgbImage, mesh: FaceMesh, margin: float) -> RgbImage | None:
    """The part of the picture in the mesh's box, made longer about its middle; None where less than 8 px are left."""
    box = mesh.box
    if not np.isfinite(box).all():
        return None
    (x, y), height, width = box.centre, pixels.shape[0], pixels.shape[1]
    left, right = (int(np.clip(x + side * margin * box.width / 2, 0, width)) for side in (-1, 1))
    top, bottom = (int(np.clip(y + side * margin * box.height / 2, 0, height)) for side in (-1, 1))
    if right - left < 8 or bottom - top < 8:
        return None
    return pixels[top:bottom, left:right]

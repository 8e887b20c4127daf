"""The product's own perception, as evaluation runs it."""

from typing import Final

import numpy as np

from visavis.capture.picture import Picture
from visavis.evaluation.encoding import Encoded
from visavis.perception.acquisition import FaceAcquirer, FaceChoice
from visavis.perception.features import FaceEmbedder
from visavis.perception.quality import QualityPurpose, assess_quality
from visavis.perception.session import ModelIdentity

__all__ = ["FaceEncoder"]

RIGHT_EYE: Final = (33, 133)
LEFT_EYE: Final = (362, 263)
"""Corners of the holder's eyes in the 468-point mesh."""


class FaceEncoder:
    """The product's own way from a picture to a template, of its parts. Safe from several threads if they are."""

    def __init__(self, acquirer: FaceAcquirer, embedder: FaceEmbedder) -> None:
        self._acquirer = acquirer
        self._embedder = embedder

    @property
    def identity(self) -> ModelIdentity:
        return self._embedder.identity

    def encode(self, picture: Picture, *, choice: FaceChoice, document: bool = False) -> Encoded:
        acquisition = self._acquirer.acquire(picture, choice=choice)
        face = acquisition.face
        if face is None:
            return Encoded(vector=None, reason=acquisition.reason or "no_face")
        purpose = QualityPurpose.DOCUMENT_PORTRAIT if document else QualityPurpose.PROBE
        quality = assess_quality(picture, face, purpose=purpose)
        points = face.mesh.points[:, :2]
        eyes = np.stack([points[list(corners)].mean(axis=0) for corners in (RIGHT_EYE, LEFT_EYE)])
        return Encoded(vector=self._embedder.embed(picture, [face.mesh])[0], eyes=eyes, quality=quality.unified)

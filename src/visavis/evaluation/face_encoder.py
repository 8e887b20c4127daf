"""The product's own way from a picture to a template, as evaluation runs it."""

from typing import Final

import numpy as np

from visavis.capture.picture import Picture
from visavis.evaluation.encoding import Encoded
from visavis.evaluation.values import FloatArray
from visavis.perception.acquisition import FaceAcquirer, FaceChoice
from visavis.perception.features import FusedEmbedder
from visavis.perception.session import ModelIdentity
from visavis.service.samples import Sampler

__all__ = ["FaceEncoder"]

RIGHT_EYE: Final = (33, 133)
LEFT_EYE: Final = (362, 263)
"""Corners of the holder's eyes in the 468-point mesh."""


class FaceEncoder:
    """Asks the sampler that `visavis compare` and `visavis verify` ask. Safe from several threads, as it is."""

    def __init__(self, sampler: Sampler, acquirer: FaceAcquirer) -> None:
        self._sampler = sampler
        self._acquirer = acquirer

    @property
    def identity(self) -> ModelIdentity:
        return self._sampler.embedder.identity

    @property
    def parts(self) -> tuple[tuple[ModelIdentity, int], ...]:
        embedder = self._sampler.embedder
        return embedder.parts if isinstance(embedder, FusedEmbedder) else ()

    def encode(self, picture: Picture, *, choice: FaceChoice, document: bool = False) -> Encoded:
        sampler = self._sampler
        sample = sampler.reference(picture, choice=choice) if document else sampler.probe(picture, choice=choice)
        if sample.template is None:
            return Encoded(vector=None, reason=sample.reason or "no_face")
        quality = sample.quality
        return Encoded(
            vector=sample.template.vector,
            quality=None if quality is None else quality.unified,
            blocked=quality is not None and bool(quality.blocking),
            notes=sample.notes,
        )

    def eyes(self, picture: Picture, *, choice: FaceChoice) -> FloatArray | None:
        face = self._acquirer.acquire(picture, choice=choice).face
        if face is None:
            return None
        points = face.mesh.points[:, :2]
        return np.stack([points[list(corners)].mean(axis=0) for corners in (RIGHT_EYE, LEFT_EYE)]).astype(np.float32)

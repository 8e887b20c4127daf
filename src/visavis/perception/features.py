"""Features: one vector for a face, from one embedding network or several together."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from visavis.capture.picture import Picture, RgbImage
from visavis.errors import ManifestError, ModelInvalidError
from visavis.perception.alignment import TEMPLATES, AlignmentTemplate, align
from visavis.perception.landmarks import FaceMesh
from visavis.perception.manifest import EmbeddingSpec, InputSpec, ModelEntry
from visavis.perception.session import FloatTensor, ModelIdentity, ModelSession

__all__ = ["Embedder", "Embeddings", "FaceEmbedder", "FusedEmbedder", "FusionMember"]

_MOST_AT_ONCE: Final = 8
"""Faces in one run of a network that takes any number: more bring nothing, and memory grows with them."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Embeddings:
    """``vectors``: (n, d) float32, read-only, each of unit length.

    ``quality``: (n,) float32, read-only, 0..100: what the length of the network's own vector tells of how well it
    recognised a face there; None for a network of which that isn't known. See `MagnitudeQuality`.
    """

    vectors: FloatTensor
    quality: FloatTensor | None


class FaceEmbedder(Protocol):
    """What a comparison needs: vectors that compare by their cosine, and whose they are."""

    @property
    def identity(self) -> ModelIdentity: ...

    @property
    def dimension(self) -> int: ...

    def embed(self, picture: Picture, meshes: Sequence[FaceMesh]) -> FloatTensor: ...

    def measure(self, picture: Picture, meshes: Sequence[FaceMesh]) -> Embeddings: ...


class Embedder:
    """One embedding network, by its manifest entry. Stateless between calls, so safe from several threads if its
    session is.
    """

    def __init__(self, session: ModelSession, *, input_spec: InputSpec, embedding: EmbeddingSpec) -> None:
        """Raises ManifestError where no alignment has the name asked for, or it gives another size than the input's."""
        template = TEMPLATES.get(embedding.alignment)
        if template is None:
            raise ManifestError(
                "unknown_alignment",
                f"The model {session.identity} asks for an alignment {embedding.alignment!r} that nobody knows.",
                advice=f"Known: {', '.join(TEMPLATES)}.",
            )
        shape = input_spec.shape[2:] if input_spec.layout == "NCHW" else input_spec.shape[1:3]
        if shape != (template.size, template.size):
            raise ManifestError(
                "alignment_size_mismatch",
                f"The model {session.identity} takes {shape[1]} x {shape[0]} px; its alignment gives {template.size}.",
                advice="Correct `alignment` or `shape` in its entry of the manifest.",
            )
        self._session = session
        self._input = input_spec
        self._template = template
        self._dimension = embedding.dimension
        self._quality = embedding.quality
        self._batch = _MOST_AT_ONCE if input_spec.shape[0] < 1 else input_spec.shape[0]

    @classmethod
    def of(cls, session: ModelSession, entry: ModelEntry) -> "Embedder":
        """The embedder that a manifest entry describes. Raises ManifestError if it describes none."""
        if entry.input is None or entry.embedding is None:
            raise ManifestError(
                "not_an_embedding_model",
                f"The model {entry.name} is no embedding model.",
                advice="Name a model whose task is `embedding`.",
            )
        return cls(session, input_spec=entry.input, embedding=entry.embedding)

    @property
    def identity(self) -> ModelIdentity:
        return self._session.identity

    @property
    def dimension(self) -> int:
        return self._dimension

    def embed(self, picture: Picture, meshes: Sequence[FaceMesh]) -> FloatTensor:
        """(n, d) float32, read-only: one row a mesh, of unit length. Raises as `measure`."""
        return self.measure(picture, meshes).vectors

    def measure(self, picture: Picture, meshes: Sequence[FaceMesh]) -> Embeddings:
        """The vectors and what their lengths tell, one row a mesh.

        Raises ModelInvalidError where the network gives another count of numbers, or a vector without a direction.
        """
        return self.measure_crops([align(picture, mesh, self._template) for mesh in meshes])

    @property
    def template(self) -> AlignmentTemplate:
        """Where the network wants eyes, nose and mouth."""
        return self._template

    def measure_crops(self, crops: Sequence[RgbImage]) -> Embeddings:
        """As `measure`, of faces that are aligned by `template` already."""
        rows = np.empty((len(crops), self._dimension), np.float32)
        for start in range(0, len(crops), self._batch):
            part = crops[start : start + self._batch]
            outputs = self._session.run(self._tensor(part))
            if not outputs or outputs[0].size != len(part) * self._dimension:
                raise _invalid(self.identity, f"does not give one vector of {self._dimension} numbers a face")
            rows[start : start + len(part)] = outputs[0].reshape(len(part), self._dimension)
        return Embeddings(vectors=_unit(rows, self.identity), quality=self._quality_of(rows))

    def _quality_of(self, rows: FloatTensor) -> FloatTensor | None:
        if self._quality is None:
            return None
        steps = (np.linalg.norm(rows, axis=1) - self._quality.middle) / self._quality.width
        quality = np.asarray(100 / (1 + np.exp(-np.clip(steps, -60, 60))), np.float32)
        quality.setflags(write=False)
        return quality

    def _tensor(self, crops: Sequence[RgbImage]) -> FloatTensor:
        spec = self._input
        pixels = np.stack(crops)
        if spec.channels == "BGR":
            pixels = pixels[..., ::-1]
        values = (pixels - np.asarray(spec.mean, np.float32)) / np.asarray(spec.divisor, np.float32)
        if spec.layout == "NCHW":
            values = values.transpose(0, 3, 1, 2)
        return np.ascontiguousarray(values, np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class FusionMember:
    """``weight`` > 0: the share of this network's cosine in the fused one, relative to the others'."""

    embedder: FaceEmbedder
    weight: float


class FusedEmbedder:
    """Several networks as one: the cosine of two fused vectors is the weighted mean of the members' cosines.

    The vector is the members' unit vectors, each times the root of its share, one after the other. So a fused template
    is stored, compared and averaged as any other. Its identity names the recipe; the digest covers every member with
    its weight, so that templates of another mixture never compare.
    """

    def __init__(self, name: str, version: str, members: Sequence[FusionMember]) -> None:
        """Raises ValueError for no members, or a weight that isn't positive and finite."""
        weights = np.array([member.weight for member in members], np.float64)
        if not len(weights) or not np.isfinite(weights).all() or weights.min() <= 0:
            raise ValueError("a fusion needs members, each with a positive weight")
        self._members = tuple(members)
        self._roots = np.sqrt(weights / weights.sum())
        recipe = "\n".join(
            f"{m.embedder.identity.name} {m.embedder.identity.version} {m.embedder.identity.digest} {m.weight:.9g}"
            for m in self._members
        )
        self._identity = ModelIdentity(name, version, hashlib.sha256(recipe.encode()).hexdigest())

    @property
    def identity(self) -> ModelIdentity:
        return self._identity

    @property
    def dimension(self) -> int:
        return sum(member.embedder.dimension for member in self._members)

    @property
    def parts(self) -> tuple[tuple[ModelIdentity, int], ...]:
        """Whose numbers stand one after the other in a fused vector, and how many each has."""
        return tuple((member.embedder.identity, member.embedder.dimension) for member in self._members)

    def embed(self, picture: Picture, meshes: Sequence[FaceMesh]) -> FloatTensor:
        """(n, d) float32, read-only: one row a mesh, of unit length. Raises as `Embedder.measure`."""
        return self.measure(picture, meshes).vectors

    def measure(self, picture: Picture, meshes: Sequence[FaceMesh]) -> Embeddings:
        """The fused vectors, with the quality that the first member tells that can. Raises as `Embedder.measure`."""
        crops: dict[AlignmentTemplate, list[RgbImage]] = {}
        parts = []
        for member in self._members:
            embedder = member.embedder
            if not isinstance(embedder, Embedder):
                parts.append(embedder.measure(picture, meshes))
                continue
            # networks that are trained on one alignment share its crop, which takes a twelfth of a network's time
            if embedder.template not in crops:
                crops[embedder.template] = [align(picture, mesh, embedder.template) for mesh in meshes]
            parts.append(embedder.measure_crops(crops[embedder.template]))
        weighted = [part.vectors * np.float32(root) for part, root in zip(parts, self._roots, strict=True)]
        return Embeddings(
            vectors=_unit(np.concatenate(weighted, axis=1), self._identity),
            quality=next((part.quality for part in parts if part.quality is not None), None),
        )


def _unit(vectors: FloatTensor, identity: ModelIdentity) -> FloatTensor:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or (lengths <= 0).any():
        raise _invalid(identity, "gave a vector that has no direction")
    unit = np.asarray(vectors / lengths, np.float32)
    unit.setflags(write=False)
    return unit


def _invalid(identity: ModelIdentity, what: str) -> ModelInvalidError:
    return ModelInvalidError(
        "model_output_unexpected",
        f"The embedding model {identity} {what}.",
        advice="Check the model's entry in the manifest.",
    )

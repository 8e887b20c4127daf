"""A face as one embedding model sees it, and how two of them compare.

One to one only: `compare_templates` takes two templates. Several templates of *one* person (the frames of a capture)
are first made into one by `fuse_templates`; nothing here holds a probe against several references.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from visavis.errors import ModelInvalidError, TemplateMismatchError, UsageError
from visavis.perception.session import FloatTensor, ModelIdentity

__all__ = ["MAX_FUSED", "Template", "compare_templates", "fuse_templates"]

MAX_FUSED: Final = 1_000
MAX_DIMENSIONS: Final = 16_384
UNIT_TOLERANCE: Final = 1e-3
CANCELLED: Final = 0.1
"""Below this length a mean of unit vectors has no direction worth keeping: its parts point away from one another."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Template:
    """An embedding and what made it.

    ``vector``: shape (d,), float32, unit length, read-only; ``quality``: the unified sample quality of the picture it
    came from, 0..100. Two templates are never ``==``: likeness is what `compare_templates` measures. The ``repr`` shows
    no number of the vector, so that a log or a debugger's line holds no face.

    Raises `visavis.errors.ModelInvalidError`, ``template_invalid``, where the vector is none of this: the vector
    comes out of a model, and a model that gives such a one must not be used.
    """

    vector: FloatTensor
    model: ModelIdentity
    quality: float

    def __post_init__(self) -> None:
        given = np.asarray(self.vector)
        problem = _problem(given, self.quality)
        if problem:
            raise ModelInvalidError(
                "template_invalid",
                f"The model {self.model} gave a template that cannot be used: {problem}.",
                advice="Check the model with `visavis models verify`.",
            )
        # over immutable bytes, so that nobody can make it writable again
        frozen = np.frombuffer(given.astype(np.float32).tobytes(), dtype=np.float32)
        object.__setattr__(self, "vector", frozen)
        object.__setattr__(self, "quality", float(self.quality))

    @property
    def dimensions(self) -> int:
        return int(self.vector.shape[0])

    def __repr__(self) -> str:
        return f"Template(model={self.model}, dimensions={self.dimensions}, quality={self.quality:.0f})"


def _problem(vector: NDArray[np.generic], quality: float) -> str:
    if vector.ndim != 1 or not 2 <= vector.shape[0] <= MAX_DIMENSIONS:
        return f"its shape is {vector.shape}, not one row of 2 to {MAX_DIMENSIONS} numbers"
    if not np.issubdtype(vector.dtype, np.floating):
        return f"it holds {vector.dtype}, not floating-point numbers"
    if not np.isfinite(vector).all():
        return "it holds a number that is not finite"
    length = float(np.linalg.norm(vector.astype(np.float64)))
    if abs(length - 1.0) > UNIT_TOLERANCE:
        return f"its length is {length:.4g}, not 1"
    if not 0.0 <= quality <= 100.0:
        return "its quality lies outside 0 to 100"
    return ""


def compare_templates(a: Template, b: Template) -> float:
    """The cosine similarity of two templates, -1..1, the same whichever way round.

    Raises `visavis.errors.TemplateMismatchError`, ``template_model_mismatch``, for templates of different models, of
    different versions of one model, or of other weights under the same name.
    """
    _of_one_model((a, b))
    cosine = float(np.dot(a.vector.astype(np.float64), b.vector.astype(np.float64)))
    return min(1.0, max(-1.0, cosine))


def fuse_templates(templates: Sequence[Template]) -> Template:
    """Several templates of one person made one: their mean, weighted by quality, and made unit length again.

    The fused quality is the mean quality under the same weights. Templates all of quality 0 weigh the same.

    Raises `visavis.errors.UsageError`, ``templates_none`` or ``templates_too_many``;
    `visavis.errors.TemplateMismatchError`, ``template_model_mismatch``, for mixed models, and ``templates_disagree``
    where they point away from one another, so that they cannot be one person.
    """
    if not templates:
        raise UsageError("templates_none", "There is no template to fuse.")
    if len(templates) > MAX_FUSED:
        raise UsageError(
            "templates_too_many",
            f"{len(templates)} templates were handed in; {MAX_FUSED} at most are fused.",
            advice="Choose the best frames first.",
        )
    _of_one_model(templates)
    quality = np.array([item.quality for item in templates], dtype=np.float64)
    weights = quality / quality.sum() if quality.sum() > 0 else np.full(len(templates), 1.0 / len(templates))
    mean = weights @ np.stack([item.vector for item in templates]).astype(np.float64)
    length = float(np.linalg.norm(mean))
    if length < CANCELLED:
        raise TemplateMismatchError(
            "templates_disagree",
            "The templates point away from one another, so they do not show one person.",
            advice="Fuse the frames of one capture of one person only.",
        )
    return Template(
        vector=(mean / length).astype(np.float32),
        model=templates[0].model,
        quality=min(100.0, max(0.0, float(weights @ quality))),
    )


def _of_one_model(templates: Sequence[Template]) -> None:
    first = templates[0]
    for other in templates[1:]:
        if other.model != first.model or other.dimensions != first.dimensions:
            raise TemplateMismatchError(
                "template_model_mismatch",
                f"A template of {first.model} ({first.model.digest[:12]}) and one of {other.model} "
                f"({other.model.digest[:12]}) cannot be compared: each model has a space of its own.",
                advice="Make both templates with the same model.",
            )

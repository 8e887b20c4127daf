"""What a result of the laboratory depends on, and which results still stand."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from visavis import __version__
from visavis.evaluation.laboratory.fingerprint import Fingerprint
from visavis.evaluation.laboratory.result import TrialResult
from visavis.evaluation.report import ModelName
from visavis.perception.manifest import FusionEntry, Manifest
from visavis.perception.model_entries import ModelEntry, Task

__all__ = ["base_digest", "known_results", "models_of", "species_digests"]

ROOTS: Final = ("visavis.evaluation.laboratory.measuring", "visavis.evaluation.laboratory.recorded")
TASKS: Final = (
    Task.DETECTOR,
    Task.FAST_DETECTOR,
    Task.LANDMARKS,
    Task.FACE_MESH,
    Task.EYE_STATE,
    Task.TEXTURE,
)


def models_of(manifest: Manifest) -> tuple[ModelName, ...]:
    """The models that attack detection works with. Raises ManifestError ``no_default_model``."""
    chosen = manifest.embedding(None)
    embeddings: list[ModelEntry] = (
        [manifest.get(member.model) for member in chosen.member] if isinstance(chosen, FusionEntry) else [chosen]
    )
    entries = (*(manifest.default(task) for task in TASKS), *embeddings)
    return tuple(ModelName(name=entry.name, version=entry.full_version, digest=entry.kept_sha256) for entry in entries)


def base_digest(program: Fingerprint, models: Sequence[ModelName], modules: Sequence[str] = ()) -> str:
    """Of the program and its models, with ``modules`` of a species: what any result depends on."""
    things = [f"{model.name} {model.version} {model.digest}" for model in models]
    return program.digest([*ROOTS, *modules], [f"visavis {__version__}", *things])


def species_digests(
    modules: Mapping[str, Sequence[str]], *, program: Fingerprint, models: Sequence[ModelName], material: str
) -> dict[str, str]:
    """By code: what a result of this species depends on.

    ``modules``: by code, those that its presentations come from. ``material``: the digest of the clips and stills.
    """
    return {code: program.digest((), [base_digest(program, models, own), material]) for code, own in modules.items()}


def known_results(
    results: Iterable[TrialResult], digests: Mapping[str, str], *, half: str, seed: int
) -> list[TrialResult]:
    """Those of ``results`` that stand for what would be measured now, whichever run they are from.

    Where a trial was made twice, the patient one, which has seen more.
    """
    found: dict[tuple[str, int], TrialResult] = {}
    for item in results:
        key = item.key
        if (key.half, key.seed, key.digest) != (half, seed, digests.get(key.species)):
            continue
        place = key.species, key.number
        if place not in found or key.patient:
            found[place] = item
    return [found[place] for place in sorted(found)]

"""What one run of the laboratory measures: its trials, and what a result of each depends on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from visavis import __version__
from visavis.evaluation.laboratory.fingerprint import Fingerprint
from visavis.evaluation.laboratory.material import Half
from visavis.evaluation.laboratory.result import TrialKey
from visavis.evaluation.laboratory.runner import keys_of
from visavis.evaluation.report import ModelName
from visavis.perception.manifest import FusionEntry, Manifest
from visavis.perception.model_entries import ModelEntry, Task

__all__ = ["Campaign", "base_digest", "models_of", "trial_keys"]

ROOTS: Final = ("visavis.evaluation.laboratory.measuring", "visavis.evaluation.laboratory.recorded")
TASKS: Final = (
    Task.DETECTOR,
    Task.FAST_DETECTOR,
    Task.LANDMARKS,
    Task.FACE_MESH,
    Task.EYE_STATE,
    Task.TEXTURE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """``modules``: by code of a species, the modules that its presentations come from."""

    modules: Mapping[str, Sequence[str]]
    half: Half
    trials: int
    patient: int
    seed: int


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


def trial_keys(
    campaign: Campaign, *, program: Fingerprint, models: Sequence[ModelName], material: str
) -> tuple[TrialKey, ...]:
    """The trials of ``campaign``. ``material``: the digest of the clips and stills."""
    digests = {
        code: program.digest((), [base_digest(program, models, modules), material])
        for code, modules in campaign.modules.items()
    }
    return keys_of(digests, half=campaign.half, trials=campaign.trials, patient=campaign.patient, seed=campaign.seed)

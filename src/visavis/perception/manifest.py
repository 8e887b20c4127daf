"""The manifest of models: its entries, by name and by task, with a site's own among them, as TOML."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from visavis.errors import ManifestError, UsageError
from visavis.perception.model_entries import (
    EmbeddingSpec,
    FolderSource,
    FusionEntry,
    FusionMember,
    InputSpec,
    MagnitudeQuality,
    ModelEntry,
    NpmSource,
    OpenSides,
    OutputSpec,
    PreparationStep,
    Prepared,
    PypiSource,
    Runtime,
    Source,
    Task,
    UrlSource,
)

__all__ = [
    "EmbeddingSpec",
    "FolderSource",
    "FusionEntry",
    "FusionMember",
    "InputSpec",
    "MagnitudeQuality",
    "Manifest",
    "ModelEntry",
    "NpmSource",
    "OpenSides",
    "OutputSpec",
    "PreparationStep",
    "Prepared",
    "PypiSource",
    "Runtime",
    "Source",
    "Task",
    "UrlSource",
    "packaged_manifest",
    "read_manifest",
]

MAX_MANIFEST_BYTES: Final = 1 << 20
MAX_MODELS: Final = 100
FORM: Final = "The form of a model's entry is described in docs/reference/models.md."


@dataclass(frozen=True, slots=True)
class Manifest:
    """Models and fusions by unique name, in the order declared. ``folders`` tells where each one's manifest lies."""

    models: tuple[ModelEntry, ...]
    folders: Mapping[str, Path]
    fusions: tuple[FusionEntry, ...] = ()

    def embedding(self, name: str | None = None) -> ModelEntry | FusionEntry:
        """What makes templates: the fusion or embedding model of that name, or the default.

        The default is a default fusion all of whose members are default models; so a site that puts its own embedding
        model in, as the default, need not know of any fusion. Else it is the default embedding model.
        Raises UsageError ``unknown_model``; ManifestError ``no_default_model``.
        """
        if name is not None:
            fusion = next((item for item in self.fusions if item.name == name), None)
            if fusion is not None:
                return fusion
            entry = self.get(name)
            if entry.task is not Task.EMBEDDING:
                raise UsageError("unknown_model", f"The model {name} makes no templates.", advice="Name an embedding.")
            return entry
        usual = {entry.name for entry in self.defaults(Task.EMBEDDING)}
        for item in self.fusions:
            if item.default and all(member.model in usual for member in item.member):
                return item
        return self.default(Task.EMBEDDING)

    def get(self, name: str) -> ModelEntry:
        """Raises UsageError ``unknown_model``."""
        for entry in self.models:
            if entry.name == name:
                return entry
        known = ", ".join(entry.name for entry in self.models)
        raise UsageError("unknown_model", f"There is no model named {name!r}.", advice=f"Known: {known}.")

    def defaults(self, task: Task) -> tuple[ModelEntry, ...]:
        return tuple(entry for entry in self.models if entry.task is task and entry.default)

    def default(self, task: Task) -> ModelEntry:
        """The first default model of a task. Raises ManifestError ``no_default_model``."""
        for entry in self.defaults(task):
            return entry
        raise ManifestError(
            "no_default_model",
            f"No model is the default for the task {task.value}.",
            advice="Set `default = true` in the entry of one.",
        )

    def folder(self, name: str) -> Path:
        """What relative paths of an entry start from."""
        return self.folders[self.get(name).name]

    def calibration(self, name: str) -> Path | None:
        """The calibration file that an embedding's or fusion's entry names (which may not exist yet), or None."""
        chosen = self.embedding(name)
        if isinstance(chosen, FusionEntry):
            return None if chosen.calibration is None else self.folders[name] / chosen.calibration
        spec = chosen.embedding
        return None if spec is None or spec.calibration is None else self.folder(name) / spec.calibration

    def with_site(self, models: Iterable[ModelEntry], folder: Path) -> "Manifest":
        """This manifest with a site's own entries, which replace ours by name.

        A site's default for a task puts our defaults of that task aside, so that one entry is enough to change a model.
        """
        site = {entry.name: entry for entry in models}
        taken = {entry.task for entry in site.values() if entry.default}
        ours = [
            site.get(entry.name) or msgspec.structs.replace(entry, default=entry.default and entry.task not in taken)
            for entry in self.models
        ]
        known = {entry.name for entry in self.models}
        everything = (*ours, *(entry for name, entry in site.items() if name not in known))
        folders = MappingProxyType({**self.folders, **dict.fromkeys(site, folder)})
        return Manifest(everything, folders, self.fusions)


class _Document(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    schema: Literal[1]
    model: Annotated[tuple[ModelEntry, ...], Meta(min_length=1, max_length=MAX_MODELS)]
    fusion: Annotated[tuple[FusionEntry, ...], Meta(max_length=MAX_MODELS)] = ()


def read_manifest(text: str, folder: Path, *, name: str = "manifest.toml") -> Manifest:
    """The manifest in ``text``, whose relative paths start from ``folder``; ``name`` is for messages alone.

    Raises ManifestError ``manifest_invalid`` with the place of the fault.
    """
    if len(text) > MAX_MANIFEST_BYTES:
        raise ManifestError("manifest_invalid", f"{name} is larger than {MAX_MANIFEST_BYTES} bytes.")
    try:
        document = msgspec.toml.decode(text, type=_Document)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ManifestError(
            "manifest_invalid",
            f"{name}: {place_of_fault(str(error), text)}.",
            advice=FORM,
        ) from error
    entries: tuple[ModelEntry | FusionEntry, ...] = (*document.model, *document.fusion)
    check_unique(entries, name=name)
    _check_members(document, name=name)
    folders = dict.fromkeys((item.name for item in entries), folder)
    return Manifest(document.model, MappingProxyType(folders), document.fusion)


def _check_members(document: _Document, *, name: str) -> None:
    embeddings = {entry.name for entry in document.model if entry.task is Task.EMBEDDING}
    for fusion in document.fusion:
        for member in fusion.member:
            if member.model not in embeddings:
                raise ManifestError(
                    "manifest_invalid",
                    f"{name}: the fusion {fusion.name} names {member.model}, which is no embedding model of it.",
                )


def check_unique(models: Iterable[ModelEntry | FusionEntry], *, name: str) -> None:
    """Raises ManifestError ``manifest_invalid`` where two entries have one name."""
    seen: set[str] = set()
    for entry in models:
        if entry.name in seen:
            raise ManifestError("manifest_invalid", f"{name}: two models are named {entry.name}.")
        seen.add(entry.name)


def packaged_manifest() -> Manifest:
    """The manifest that comes with visavis."""
    folder = Path(str(files("visavis"))) / "models"
    return read_manifest((folder / "manifest.toml").read_text(encoding="utf-8"), folder)


def place_of_fault(text: str, document: str) -> str:
    """Says the model's name where the decoder says its index."""
    index = re.search(r"\$\.model\[(\d+)\]", text)
    names = re.findall(r"(?m)^\[\[model\]\]\s*(?:#.*)?\n(?:\s*(?:#.*)?\n)*name\s*=\s*\"([^\"\n]*)\"", document)
    if index is None or int(index[1]) >= len(names):
        return text
    return f"{text}, model {names[int(index[1])]!r}"

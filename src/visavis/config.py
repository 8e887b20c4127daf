"""The site's configuration file: TOML, read strictly, and optional.

store = "/var/lib/visavis/models"   # the folder of models
[[model]]                           # a model of the site's own, in the form of the manifest
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from visavis.errors import ConfigurationError, FileError, ManifestError
from visavis.files import own_name, read_file
from visavis.perception.manifest import (
    FORM,
    MAX_MODELS,
    Manifest,
    ModelEntry,
    check_unique,
    packaged_manifest,
    place_of_fault,
)

__all__ = ["Configuration", "load_configuration"]

MAX_BYTES: Final = 1 << 20


class _Document(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    store: Annotated[str, Meta(min_length=1, max_length=1000)] | None = None
    model: Annotated[tuple[ModelEntry, ...], Meta(max_length=MAX_MODELS)] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """``store`` is the folder of models; ``manifest`` is that of visavis with the site's own entries in it."""

    store: Path
    manifest: Manifest


def load_configuration(environ: Mapping[str, str] = os.environ) -> Configuration:
    """The site's configuration, from ``$VISAVIS_CONFIG`` or ``$XDG_CONFIG_HOME/visavis/config.toml`` if there is one.

    The store is ``$VISAVIS_MODELS``, else the file's ``store``, else ``$XDG_DATA_HOME/visavis/models``. Paths in the
    file start from its own folder. Raises ConfigurationError ``configuration_missing``, ``configuration_unreadable``,
    ``configuration_invalid``; ManifestError ``manifest_invalid`` for a model's entry.
    """
    named = environ.get("VISAVIS_CONFIG")
    file = Path(named) if named else _home(environ, "XDG_CONFIG_HOME", ".config") / "visavis" / "config.toml"
    document, folder = _Document(), file.parent.absolute()
    if named or file.is_file():
        document = _read(file)
    manifest = packaged_manifest()
    if document.model:
        check_unique(document.model, name=file.name)
        manifest = manifest.with_site(document.model, folder)
    if environ.get("VISAVIS_MODELS"):
        store = Path(environ["VISAVIS_MODELS"]).absolute()
    elif document.store is not None:
        store = folder / Path(document.store).expanduser()
    else:
        store = _home(environ, "XDG_DATA_HOME", ".local/share") / "visavis" / "models"
    return Configuration(store=store, manifest=manifest)


def _read(file: Path) -> _Document:
    try:
        data = read_file(file, max_bytes=MAX_BYTES)
    except FileError as error:
        raise _unusable(file, error) from error
    text = data.decode("utf-8", "replace")
    try:
        return msgspec.toml.decode(text, type=_Document)
    except (msgspec.DecodeError, RecursionError) as error:
        if "$.model" in str(error):
            raise ManifestError(
                "manifest_invalid", f"{file.name}: {place_of_fault(str(error), text)}.", advice=FORM
            ) from error
        raise ConfigurationError(
            "configuration_invalid", f"{file.name}: {error}.", advice="Correct the file, or move it away."
        ) from error


def _unusable(file: Path, error: FileError) -> ConfigurationError:
    name = own_name(file)
    if error.code == "file_missing":
        return ConfigurationError(
            "configuration_missing",
            f"The configuration file {name} does not exist.",
            advice="Correct VISAVIS_CONFIG, or unset it.",
        )
    if error.code == "file_too_large":
        return ConfigurationError("configuration_invalid", f"{name} is larger than {MAX_BYTES} bytes.")
    if error.code == "file_unreadable":
        return ConfigurationError(
            "configuration_unreadable", f"The configuration file {name} cannot be read.", advice="Check its rights."
        )
    return ConfigurationError(
        "configuration_unreadable", f"The configuration is no file: {error.message}", advice=error.advice
    )


def _home(environ: Mapping[str, str], variable: str, fallback: str) -> Path:
    named = environ.get(variable, "")
    return Path(named) if Path(named).is_absolute() else Path.home() / fallback

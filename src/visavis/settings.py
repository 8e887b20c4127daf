"""The service's settings: environment variables that begin with VISAVIS_, read strictly.

A variable of that beginning that nobody knows is refused, since it is a setting that was misspelt and has no effect.
"""

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from visavis.errors import ConfigurationError

__all__ = ["PREFIX", "Settings", "data_folder", "load_settings"]

PREFIX: Final = "VISAVIS_"
_ELSEWHERE: Final = frozenset(
    {"VISAVIS_CONFIG", "VISAVIS_MODELS", "VISAVIS_TRACEBACK", "VISAVIS_CHROMIUM", "VISAVIS_FUZZ", "VISAVIS_FUZZ_SEED"}
)
"""Read by other parts, or by the tests."""
_TESTS: Final = ("VISAVIS_TEST_", "VISAVIS_FUZZ_")
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")

Text = Annotated[str, Field(min_length=1, max_length=300)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Paths = Annotated[tuple[Path, ...], NoDecode, Field(max_length=20)]
"""Separated as in PATH."""

Words = Annotated[tuple[Text, ...], NoDecode, Field(max_length=50)]
"""Separated by commas."""


def data_folder() -> Path:
    """``$XDG_DATA_HOME/visavis``, else ``~/.local/share/visavis``."""
    named = os.environ.get("XDG_DATA_HOME", "")
    home = Path(named) if Path(named).is_absolute() else Path.home() / ".local" / "share"
    return home / "visavis"


class Settings(BaseSettings):
    """What each means stands in `docs/reference/service.md`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", frozen=True, env_ignore_empty=True, hide_input_in_errors=True
    )

    # where
    data: Path = Field(default_factory=data_folder)
    database_url: str = ""
    host: Text = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    public_url: str = ""
    trusted_proxies: str = ""

    # who answers for it, in the notice that holders read
    controller_id: Text = "operator"
    controller_name: Text = "The operator of this service"
    controller_contact: Text = "Ask where you were sent here."

    # rules
    policies: Paths = ()
    document_certificates: Path | None = None
    attestation_days: Annotated[int, Field(ge=1, le=3_650)] = 90
    development_party: bool = True

    # keys
    master_key: SecretStr | None = None
    older_master_keys: Paths = ()
    pkcs11_module: Path | None = None
    pkcs11_token: str = ""
    pkcs11_pin: SecretStr = SecretStr("")

    # work
    captures: bool = True
    capture_threads: Annotated[int, Field(ge=1, le=64)] = 2
    captures_at_once: Annotated[int, Field(ge=1, le=1_000)] = 32
    threads: Annotated[int, Field(ge=1, le=200)] = 8
    connections: Annotated[int, Field(ge=1, le=200)] = 20
    shutdown_seconds: Annotated[int, Field(ge=1, le=300)] = 15

    # limits
    rate_per_key: Count = 12_000
    rate_per_session: Count = 240
    rate_per_address: Count = 600
    body_bytes: Annotated[int, Field(ge=1024, le=1 << 24)] = 64 * 1024
    upload_bytes: Annotated[int, Field(ge=1 << 20, le=1 << 28)] = 32 << 20

    # members
    staff_session_hours: Annotated[int, Field(ge=1, le=24)] = 12
    staff_idle_minutes: Annotated[int, Field(ge=5, le=720)] = 30

    # webhooks
    webhook_ports: Annotated[tuple[Annotated[int, Field(ge=1, le=65_535)], ...], NoDecode] = (443, 8443)
    webhook_forbidden_networks: Words = ()
    unsafe_webhook_origins: Words = ()

    # what is told of it
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "text"] = "json"
    tracing_endpoint: str = ""

    @field_validator("public_url")
    @classmethod
    def _an_address(cls, value: str) -> str:
        if not value:
            return value
        parts = urlsplit(value)
        plain = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        if not plain or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment or parts.username:
            raise ValueError("https://HOST, or http:// on this machine alone, without a path")
        return value.rstrip("/")

    @field_validator("policies", "older_master_keys", mode="before")
    @classmethod
    def _paths(cls, value: object) -> object:
        return [Path(part) for part in value.split(os.pathsep) if part] if isinstance(value, str) else value

    @field_validator("webhook_ports", "webhook_forbidden_networks", "unsafe_webhook_origins", mode="before")
    @classmethod
    def _words(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _known_outside(self) -> Self:
        if not self.public_url and self.host not in _LOOPBACK:
            raise ValueError(f"{PREFIX}PUBLIC_URL is needed where {PREFIX}HOST is not this machine alone")
        return self

    @property
    def base_url(self) -> str:
        """Where the service is reached from outside."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"

    @property
    def own_database(self) -> bool:
        """Whether the database is the file in the data folder, which visavis makes and moves by itself."""
        return not self.database_url

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data.absolute() / 'store.db'}"

    @property
    def on_this_machine(self) -> bool:
        """Whether nobody but this machine is meant to reach it."""
        return urlsplit(self.base_url).hostname in _LOOPBACK


def load_settings(environ: Mapping[str, str] = os.environ, /, **given: object) -> Settings:
    """The settings of the environment, and over them those that were ``given`` (None: not given).

    Raises ConfigurationError ``setting_unknown``, ``setting_invalid``; neither repeats a value.
    """
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known | _ELSEWHERE and not name.startswith(_TESTS):
            raise _unknown(name, known | _ELSEWHERE)
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]  # checked by pydantic
    except ValidationError as error:
        raise _invalid(error) from error


def _unknown(name: str, known: set[str]) -> ConfigurationError:
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    meant = f"Did you mean {near[0]}? " if near else ""
    return ConfigurationError(
        "setting_unknown",
        f"{name[:60]} is no setting of visavis.",
        advice=f"{meant}Correct it, or unset it; all are in docs/reference/service.md.",
    )


def _invalid(error: ValidationError) -> ConfigurationError:
    rows = error.errors(include_input=False, include_url=False, include_context=False)
    told = "; ".join(f"{_variable(row['loc'])}{row['msg']}" for row in rows[:5])
    return ConfigurationError("setting_invalid", f"A setting cannot be used. {told}.", advice="Correct it.")


def _variable(place: tuple[int | str, ...]) -> str:
    return f"{PREFIX}{str(place[0]).upper()}: " if place else ""

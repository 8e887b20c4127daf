"""Every error that visavis raises on purpose.

    VisavisError
    ├── UsageError              the call itself is wrong
    ├── InputError              what was handed in cannot be used
    │   ├── FileError           a path: missing, a directory, unreadable, too large
    │   ├── PictureError        bytes that are no usable picture
    │   ├── VideoError          bytes that are no usable video
    │   ├── ChallengeError      an answer that the challenge does not take: late, again, or to another one
    │   ├── ChipError           bytes that are no file of a document's chip, or no certificates to hold one against
    │   ├── DocumentError       what is no machine-readable zone, or fields that fit into none
    │   └── TableError          a list of pairs or a calibration file
    ├── TokenError              a signed token that must not be believed
    │   └── StatusUnknownError  nobody can tell whether it was revoked
    ├── AuditError              an audit log that does not hold together, or a proof that does not fit it
    ├── PolicyError             a policy that must not be used
    ├── CalibrationError        an error rate that the calibration cannot support
    ├── TemplateMismatchError   templates of different models
    ├── RefusedError            asked for rightly, and refused
    │   ├── AccessError         nobody known, or not for them
    │   ├── UnknownError        there is no such thing, or not for this party
    │   ├── StateError          a step that the present state does not take, or that somebody else took first
    │   ├── LimitError          as often, or as much, as is allowed
    │   └── LineError           what the register of lines does not do
    └── InstallationError       this installation cannot do the work
        ├── ConfigurationError  the site's own settings
        ├── KeyRingError        the site's signing keys
        ├── ManifestError       a model's entry is wrong
        ├── ModelMissingError   a model is not in the store
        ├── ModelDigestError    a model's bytes are not those of the manifest
        ├── ModelInvalidError   the bytes are right and still do not load, or give other tensors
        ├── ModelSourceError    no source could deliver a model
        └── StorageError        the database: out of reach, of another version, too busy, or holding what it must not

A *code* is public and stable: programs match on it, translators key on it. The text may change. Neither holds a path
beyond a file's own name, personal data, or a foreign traceback; the foreign error is kept as ``__cause__``.
"""

from enum import IntEnum
from typing import ClassVar

__all__ = [
    "AccessError",
    "AuditError",
    "CalibrationError",
    "ChallengeError",
    "ChipError",
    "ConfigurationError",
    "DocumentError",
    "ExitStatus",
    "FileError",
    "InputError",
    "InstallationError",
    "KeyRingError",
    "LimitError",
    "LineError",
    "ManifestError",
    "ModelDigestError",
    "ModelInvalidError",
    "ModelMissingError",
    "ModelSourceError",
    "PictureError",
    "PolicyError",
    "RefusedError",
    "StateError",
    "StatusUnknownError",
    "StorageError",
    "TableError",
    "TemplateMismatchError",
    "TokenError",
    "UnknownError",
    "UsageError",
    "VideoError",
    "VisavisError",
]


class ExitStatus(IntEnum):
    """What the command line tells the shell."""

    SAME = 0
    """The same person, a policy's *accepted*, or plainly: it worked."""
    NOT_SAME = 1
    """Not the same person, a policy's *rejected*, or something signed that must not be believed."""
    USAGE = 2
    """The command or a file handed to it cannot be used."""
    INCONCLUSIVE = 3
    """No answer, and what to do about it; a policy's *inconclusive* or *referred*."""
    INSTALLATION = 4
    """A model, a calibration or a setting of this installation stands in the way."""
    UNFINISHED = 5
    """The answer could not be written, or visavis met a fault of its own."""


class VisavisError(Exception):
    """Base of the tree.

    ``code`` is stable, lower snake case; ``message`` says what is wrong; ``advice`` says what to do next.
    """

    exit_status: ClassVar[ExitStatus] = ExitStatus.USAGE

    def __init__(self, code: str, message: str, *, advice: str = "") -> None:
        super().__init__(code, message, advice)
        self.code = code
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message} {self.advice}".rstrip() + f" [{self.code}]"


class UsageError(VisavisError):
    """The call itself is wrong: an option, a combination of options, a name nobody knows."""


class InputError(VisavisError):
    """What was handed in cannot be used."""


class FileError(InputError):
    """A path: missing, a directory, unreadable, too large."""


class PictureError(InputError):
    """Bytes that are no usable picture."""


class VideoError(InputError):
    """Bytes that are no usable video."""


class ChallengeError(InputError):
    """A challenge that cannot be read, or an answer it does not take: late, given already, or to another one."""


class ChipError(InputError):
    """Bytes that are no file of a document's chip, or no certificates to hold one against. Forgery is evidence, and
    no error.
    """


class DocumentError(InputError):
    """Part of an identity document that is not what it is taken for. A wrong check digit is evidence, and no error."""


class TableError(InputError):
    """A list of pairs or a calibration file that does not hold what it must."""


class TokenError(VisavisError):
    """A signed token that must not be believed: an attestation, a status list, the head of an audit log."""

    exit_status = ExitStatus.NOT_SAME


class StatusUnknownError(TokenError):
    """An attestation that is right in itself, and nobody can tell whether it was revoked."""

    exit_status = ExitStatus.INCONCLUSIVE


class AuditError(VisavisError):
    """An audit log that does not hold together, or a proof that does not fit it."""

    exit_status = ExitStatus.NOT_SAME


class PolicyError(VisavisError):
    """A policy that must not be used: unknown, misspelt, or without what every policy must have."""


class CalibrationError(VisavisError):
    """An error rate that the calibration cannot support."""

    exit_status = ExitStatus.INSTALLATION


class TemplateMismatchError(VisavisError):
    """Templates of different models, or versions of one, do not compare."""


class RefusedError(VisavisError):
    """What was asked for is understood, and refused."""

    exit_status = ExitStatus.NOT_SAME


class AccessError(RefusedError):
    """Nobody known asked, or somebody for whom this is not."""


class UnknownError(RefusedError):
    """There is no such thing, or not for this party: the two are never told apart."""


class StateError(RefusedError):
    """A step that the present state does not take, or that somebody else took first."""


class LimitError(RefusedError):
    """As often, or as much, as is allowed. ``retry_after``: after how many seconds it may be asked for again."""

    def __init__(self, code: str, message: str, *, advice: str = "", retry_after: int | None = None) -> None:
        super().__init__(code, message, advice=advice)
        self.retry_after = retry_after


class LineError(RefusedError):
    """What the register of lines does not do."""


class InstallationError(VisavisError):
    """This installation cannot do the work."""

    exit_status = ExitStatus.INSTALLATION


class ConfigurationError(InstallationError):
    """The site's own settings are wrong."""


class KeyRingError(InstallationError):
    """The site's signing keys are missing, broken, or open to others."""


class ManifestError(InstallationError):
    """A model's entry in a manifest is wrong."""


class ModelMissingError(InstallationError):
    """A model is not in the store."""


class ModelDigestError(InstallationError):
    """A model's bytes are not those its manifest entry names."""


class ModelInvalidError(InstallationError):
    """The bytes are right, but do not load, or give other tensors than declared."""


class ModelSourceError(InstallationError):
    """No source could deliver a model."""


class StorageError(InstallationError):
    """The database: out of reach, of another version, too busy, or holding what it must not."""

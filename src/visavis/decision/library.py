"""Policies by name: the ones that come with visavis, and before them a site's own.

A folder holds one file a policy, named for its id: ``sign_up.toml`` holds ``id = "sign_up"``. It may also hold
``defaults.toml``, which says which policy serves where none was named::

    files = "some_policy"       # comparing files on the command line

so that no code needs to know any policy's name. The first folder that has an answer gives it.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from visavis.comparison.calibration import Calibration
from visavis.decision.policy import Policy
from visavis.decision.policy_file import MAX_POLICY_BYTES, parse_policy
from visavis.decision.problems import PolicyProblem, did_you_mean, refusal
from visavis.decision.soundness import IDENTIFIER
from visavis.errors import PolicyError
from visavis.files import own_name, read_file

__all__ = ["PACKAGED_POLICIES", "PolicyLibrary", "load_policy_file"]

PACKAGED_POLICIES: Final = Path(__file__).resolve().parent.parent / "policies"
DEFAULTS_FILE: Final = "defaults.toml"
MAX_POLICIES: Final = 1_000


def load_policy_file(path: Path, *, allow_unsafe: bool = False, calibration: Calibration | None = None) -> Policy:
    """The policy in a file, whatever the file is called.

    Raises `visavis.errors.FileError` for the file, `visavis.errors.PolicyError` for what is in it, as `parse_policy`.
    """
    data = read_file(path, max_bytes=MAX_POLICY_BYTES)
    return parse_policy(data, subject=own_name(path), allow_unsafe=allow_unsafe, calibration=calibration)


@dataclass(frozen=True, slots=True)
class PolicyLibrary:
    """Policies in ``folders``, the first to be asked first. A folder that does not exist holds none."""

    folders: tuple[Path, ...] = (PACKAGED_POLICIES,)

    @classmethod
    def with_site(cls, folders: Sequence[Path] = ()) -> "PolicyLibrary":
        """A site's folders, and behind them the policies that come with visavis."""
        return cls((*folders, PACKAGED_POLICIES))

    def names(self) -> tuple[str, ...]:
        """Every policy there is, by name; the files are not opened."""
        found = (path for folder in self.folders if folder.is_dir() for path in folder.glob("*.toml"))
        names = {path.stem for path in found if path.name != DEFAULTS_FILE and IDENTIFIER.fullmatch(path.stem)}
        return tuple(sorted(names))[:MAX_POLICIES]

    def load(self, name: str, *, allow_unsafe: bool = False, calibration: Calibration | None = None) -> Policy:
        """The policy of that name. A name is a name: whatever could lead out of the folders is refused.

        Raises `visavis.errors.PolicyError`: ``policy_name_invalid``, ``policy_unknown``, ``policy_name_mismatch``,
        and as `parse_policy`.
        """
        path = self._path(name)
        policy = load_policy_file(path, allow_unsafe=allow_unsafe, calibration=calibration)
        if policy.id != name:
            raise PolicyError(
                "policy_name_mismatch",
                f"{own_name(path)} holds the policy {policy.id}.",
                advice=f"Name the file {policy.id}.toml.",
            )
        return policy

    def text(self, name: str) -> str:
        """The file of that policy, as it is. Raises as `load`, and FileError for the file."""
        return read_file(self._path(name), max_bytes=MAX_POLICY_BYTES).decode()

    def open(self, name_or_file: str, *, allow_unsafe: bool = False, calibration: Calibration | None = None) -> Policy:
        """For a person at the command line: a policy's name, or the path of a file that ends in ``.toml``."""
        if name_or_file.endswith(".toml"):
            return load_policy_file(Path(name_or_file), allow_unsafe=allow_unsafe, calibration=calibration)
        return self.load(name_or_file, allow_unsafe=allow_unsafe, calibration=calibration)

    def default(self, use: str) -> str:
        """The name of the policy that serves ``use`` where none was named.

        Raises `visavis.errors.PolicyError`: ``policy_default_missing``, or ``policy_invalid`` for a bad defaults file.
        """
        for folder in self.folders:
            path = folder / DEFAULTS_FILE
            if path.is_file():
                table = _defaults(path)
                if use in table:
                    return table[use]
        raise PolicyError(
            "policy_default_missing",
            f"No policy is set for {use}.",
            advice=f"Name a policy: {', '.join(self.names())}.",
        )

    def _path(self, name: str) -> Path:
        if not IDENTIFIER.fullmatch(name) or f"{name}.toml" == DEFAULTS_FILE:
            raise PolicyError(
                "policy_name_invalid",
                "A policy's name is lower-case letters, digits and _, from a letter.",
                advice=f"Policies here: {', '.join(self.names())}. A file is named with its ending, .toml.",
            )
        for folder in self.folders:
            path = folder / f"{name}.toml"
            if path.is_file():
                return path
        raise PolicyError(
            "policy_unknown",
            f"There is no policy {name}; {did_you_mean(name, self.names())}.",
            advice="See `visavis policies list`.",
        )


def _defaults(path: Path) -> dict[str, str]:
    try:
        table = tomllib.loads(read_file(path, max_bytes=MAX_POLICY_BYTES).decode())
    except (ValueError, RecursionError) as error:
        raise PolicyError("policy_syntax", f"{DEFAULTS_FILE} is no valid TOML: {error}.") from error
    problems = [
        PolicyProblem("unknown_word", repr(key)[:60], "must be a use and the name of a policy in quotes")
        for key, name in table.items()
        if not IDENTIFIER.fullmatch(key) or not isinstance(name, str) or not IDENTIFIER.fullmatch(name)
    ]
    if problems:
        raise refusal(DEFAULTS_FILE, problems)
    return table

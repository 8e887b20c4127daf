"""The policies in force, and every version that ever was: a verification is finished under the one it was opened with.

A version is known by its digest and kept as the text of its file, so that it can be shown, and decided under, long
after the file was changed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from visavis.audit.entry import OPERATOR, Act, PolicyUsed
from visavis.clock import Clock
from visavis.comparison.calibration import Calibration
from visavis.decision.library import PolicyLibrary
from visavis.decision.policy import Policy
from visavis.decision.policy_file import parse_policy
from visavis.errors import InputError, StorageError, UnknownError
from visavis.service.ports import Transactions, UnitOfWork
from visavis.service.records import PolicyVersion
from visavis.service.transactions import committed

__all__ = ["PolicyShelf", "PolicySource", "ShownPolicy", "read_policies"]

_MOST: Final = 500
"""Versions of one policy that are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySource:
    """A policy and the text that it was read from."""

    policy: Policy
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPolicy:
    """``in_force``: new verifications of this purpose are opened under it."""

    policy: Policy
    version: PolicyVersion
    in_force: bool


def read_policies(
    library: PolicyLibrary, names: Iterable[str], *, calibration: Calibration | None = None, allow_unsafe: bool = False
) -> tuple[PolicySource, ...]:
    """The policies of those names with their texts. Raises as `visavis.decision.library.PolicyLibrary.load`."""
    sources = []
    for name in names:
        policy = library.load(name, allow_unsafe=allow_unsafe, calibration=calibration)
        sources.append(PolicySource(policy=policy, text=library.text(name)))
    return tuple(sources)


class PolicyShelf:
    """``in_force``: what the service was started with. Safe from several threads: nothing in it changes."""

    def __init__(self, *, storage: Transactions, clock: Clock, in_force: Iterable[PolicySource]) -> None:
        self._storage = storage
        self._clock = clock
        self._sources = {source.policy.id: source for source in in_force}
        self._by_digest = {source.policy.digest: source.policy for source in self._sources.values()}

    def noted(self) -> Self:
        """Keep the versions in force that are not kept yet; at every start, before the first verification."""
        now = self._clock.now()
        versions = [
            PolicyVersion(
                digest=source.policy.digest,
                policy=source.policy.id,
                version=source.policy.version,
                text=source.text,
                since=now,
            )
            for source in self._sources.values()
        ]

        def work(unit: UnitOfWork) -> None:
            for version in versions:
                if unit.policies.keep(version):
                    used = PolicyUsed(id=version.policy, version=version.version, digest=version.digest)
                    unit.audit.note(Act(at=now, actor=OPERATOR, act="policy.came_into_force", policy=used))

        committed(self._storage, work)
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Of those in force, sorted."""
        return tuple(sorted(self._sources))

    def current(self, name: str) -> Policy:
        """The version in force. Raises InputError ``purpose_unknown``."""
        source = self._sources.get(name)
        if source is None:
            known = ", ".join(self.names) or "none"
            raise InputError(
                "purpose_unknown", "There is no policy of that name in force.", advice=f"Those in force: {known}."
            )
        return source.policy

    def of_digest(self, digest: str) -> Policy:
        """The version of that digest, in force or not.

        Raises UnknownError ``policy_version_unknown``; StorageError ``policy_version_changed`` where its text means
        something else to this visavis than to the one that kept it.
        """
        known = self._by_digest.get(digest)
        policy = known if known is not None else self.shown(digest).policy
        if policy.digest != digest:
            raise StorageError(
                "policy_version_changed",
                "A version of a policy means something else to this visavis than to the one that kept it.",
                advice="Finish what was opened under it with that one.",
            )
        return policy

    def shown(self, digest: str) -> ShownPolicy:
        """Raises UnknownError ``policy_version_unknown``."""
        with self._storage.reading() as unit:
            version = unit.policies.find(digest)
        if version is None:
            raise UnknownError(
                "policy_version_unknown", "There is no policy of that digest here.", advice="List the policies."
            )
        return self._shown(version)

    def versions(self, name: str | None = None) -> tuple[ShownPolicy, ...]:
        """Every version of one policy, or of all: by name, the newest first, at most 500."""
        with self._storage.reading() as unit:
            rows = unit.policies.versions(name, limit=_MOST)
        return tuple(self._shown(row) for row in rows)

    def _shown(self, version: PolicyVersion) -> ShownPolicy:
        policy = self._by_digest.get(version.digest)
        in_force = policy is not None
        if policy is None:
            # what was in force once may be unsafe, or older than the calibration: it is shown, and decided under, as is
            policy = parse_policy(version.text, allow_unsafe=True)
        return ShownPolicy(policy=policy, version=version, in_force=in_force)

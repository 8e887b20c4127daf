"""Fetch the public-domain portraits that the demonstration and some tests use, by digest.

Works of the United States government, as they ship in the source distribution of the PyPI package `face_recognition`
1.3.0. They are kept in `var/portraits` of the checkout, which git ignores; a second run does nothing.
"""

import hashlib
import sys
import tempfile
from pathlib import Path
from typing import Final

from visavis.adapters.archives import ArchiveError, read_member
from visavis.adapters.progress import SilentProgress
from visavis.adapters.registries import RegistryError, fetch_pypi
from visavis.perception.manifest import PypiSource

FOLDER: Final = Path(__file__).resolve().parent.parent / "var" / "portraits"
MEMBERS: Final = "face_recognition-1.3.0/tests/test_images"
SOURCE: Final = PypiSource(
    requirement="face_recognition==1.3.0",
    packaging="sdist",
    artefact_sha256="5e5efdd1686aa566af0d3cc1313b131e4b197657a8ffd03669e6d3fad92705ec",
    artefact_bytes=3_182_249,
    member=f"{MEMBERS}/obama.jpg",
)
PORTRAITS: Final = {
    "obama.jpg": "0930e3aa8cae5920329c0c8cbc6a2ab70f47b0e67b432875beaa95cbf7e741f6",
    "obama2.jpg": "a7efcc907375274796f39646510704aa86672d59f6d5469d69af3c85590976a6",
    "biden.jpg": "3c17508bb91554c637a2eabddfae790e5bb1caba93130814fc2ac50be9760c4c",
}
LIMIT: Final = 1_000_000


def present(folder: Path) -> bool:
    """Whether every portrait is there with its own bytes."""
    return all(
        (folder / name).is_file() and hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
        for name, digest in PORTRAITS.items()
    )


def fetch(folder: Path) -> None:
    """All portraits into ``folder``. Raises RegistryError, ArchiveError; ValueError for a wrong digest."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        artefact = fetch_pypi(SOURCE, Path(work), SilentProgress())
        for name, digest in PORTRAITS.items():
            data = read_member(artefact, f"{MEMBERS}/{name}", start=None, end=None, limit=LIMIT)
            if hashlib.sha256(data).hexdigest() != digest:
                raise ValueError(f"{name} has other bytes than it should; not kept")
            incoming = folder / f".{name}.incoming"
            incoming.write_bytes(data)
            incoming.replace(folder / name)


def main() -> int:
    if present(FOLDER):
        return 0
    print("Fetching three public-domain portraits (3 MB) ...", flush=True)
    try:
        fetch(FOLDER)
    except (RegistryError, ArchiveError, ValueError, OSError) as error:
        print(f"The portraits could not be fetched: {error}", file=sys.stderr)
        return 4
    return 0


if __name__ == "__main__":
    sys.exit(main())

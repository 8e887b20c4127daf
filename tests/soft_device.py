"""A device for keys made of software (Debian: softhsm2), with two empty tokens.

Its library reads where its tokens lie once in the life of a process: so it is set up once, for whoever needs it.
"""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "4711"


@dataclass(frozen=True, slots=True)
class SoftDevice:
    module: Path = MODULE
    pin: str = PIN
    label: str = "test"
    other_label: str = "service"


@pytest.fixture(scope="session")
def soft_device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoftDevice]:
    pytest.importorskip("pkcs11", reason="the extra pkcs11 is not installed")
    if not MODULE.exists():
        pytest.skip("no device made of software here: install softhsm2")
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    (folder / "conf").write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    device = SoftDevice()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(folder / "conf"))
        for label in (device.label, device.other_label):
            made = ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", PIN]
            subprocess.run(made, check=True, capture_output=True)
        yield device

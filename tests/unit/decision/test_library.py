"""Policies by name: those that ship, a site's own, and names that lead nowhere."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import visavis
from visavis.comparison.calibration import load_calibration
from visavis.decision.library import PACKAGED_POLICIES, PolicyLibrary, load_policy_file
from visavis.decision.requirements import ComparisonAtMostFmr
from visavis.errors import FileError, PolicyError

SOURCE = Path(visavis.__file__).parent
NAMES = PolicyLibrary().names()
CALIBRATIONS = sorted((SOURCE / "models" / "calibrations").glob("*.toml"))

PLAIN = """
id = "{id}"
version = {version}
alternative = "in_person"
attempts = 1
ttl = "5m"
[[requires]]
rule = "document_authentic"
"""


def put(folder: Path, name: str, *, version: int = 1, file: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / (file or f"{name}.toml")
    path.write_text(PLAIN.format(id=name, version=version), encoding="utf-8")
    return path


def code_of(error: pytest.ExceptionInfo[PolicyError]) -> str:
    return error.value.code


# --- what ships -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_policy_that_ships_is_sound(name: str) -> None:
    policy = PolicyLibrary().load(name, allow_unsafe=True)
    assert policy.id == name
    assert policy.title
    assert not (policy.unsafe and (policy.grants or policy.disclose))


@pytest.mark.parametrize("name", NAMES)
def test_every_rate_asked_for_can_be_supported_by_every_calibration_that_ships(name: str) -> None:
    for file in CALIBRATIONS:
        PolicyLibrary().load(name, allow_unsafe=True, calibration=load_calibration(file))


def test_the_policy_for_files_is_unsafe_and_asks_for_a_comparison() -> None:
    library = PolicyLibrary()
    name = library.default("files")
    with pytest.raises(PolicyError) as caught:
        library.load(name)
    assert code_of(caught) == "policy_unsafe"
    policy = library.load(name, allow_unsafe=True)
    assert policy.rule(ComparisonAtMostFmr) is not None


def test_at_least_one_policy_that_ships_is_safe_and_grants_something() -> None:
    assert [name for name in NAMES if not PolicyLibrary().load(name, allow_unsafe=True).unsafe]


def test_no_code_names_a_purpose() -> None:
    assert len(NAMES) >= 3
    found = [
        f"{path.relative_to(SOURCE)}: {name}"
        for path in SOURCE.rglob("*.py")
        for name in NAMES
        if name in path.read_text(encoding="utf-8")
    ]
    assert found == []


def test_no_clock_no_chance_and_no_setting_in_the_decision() -> None:
    banned = {"time", "random", "secrets", "os", "uuid", "socket", "numpy", "subprocess"}
    for path in (SOURCE / "decision").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [item.name for item in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not banned & {name.split(".")[0] for name in names}, path.name


def test_deciding_loads_no_numerical_library() -> None:
    code = "import sys, visavis.decision.decide, visavis.decision.library; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- finding ----------------------------------------------------------------------------------------------------------


def test_a_sites_policies_are_asked_first(tmp_path: Path) -> None:
    put(tmp_path, NAMES[0], version=77)
    put(tmp_path, "of_the_site")
    library = PolicyLibrary.with_site([tmp_path, tmp_path / "absent"])
    assert set(library.names()) == {*NAMES, "of_the_site"}
    assert library.load(NAMES[0]).version == 77
    assert library.load("of_the_site").version == 1
    assert library.load(NAMES[-1], allow_unsafe=True).id == NAMES[-1]


def test_an_unknown_policy_is_told_with_those_that_are_known() -> None:
    with pytest.raises(PolicyError) as caught:
        PolicyLibrary().load(f"{NAMES[-1]}n")
    assert code_of(caught) == "policy_unknown"
    assert f"did you mean {NAMES[-1]!r}?" in caught.value.message
    assert all(name in caught.value.message for name in NAMES)


@pytest.mark.parametrize(
    "name",
    [
        "../policies/some",
        "..",
        "",
        "a/b",
        "a\\b",
        "/etc/passwd",
        "C:some",
        "some.toml",
        "some\x00",
        "Some",
        "-x",
        "defaults",
        "a" * 99,
        "some\n",
    ],
)
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    put(tmp_path, "some")
    with pytest.raises(PolicyError) as caught:
        PolicyLibrary.with_site([tmp_path / "inner", tmp_path]).load(name)
    assert code_of(caught) == "policy_name_invalid"


def test_a_file_must_be_named_for_its_policy(tmp_path: Path) -> None:
    put(tmp_path, "some", file="other.toml")
    with pytest.raises(PolicyError) as caught:
        PolicyLibrary((tmp_path,)).load("other")
    assert code_of(caught) == "policy_name_mismatch"


def test_files_that_are_no_policies_have_no_name(tmp_path: Path) -> None:
    put(tmp_path, "some")
    for file in ("defaults.toml", "Upper.toml", "with space.toml", "notes.txt", ".hidden.toml"):
        (tmp_path / file).write_text("", encoding="utf-8")
    assert PolicyLibrary((tmp_path,)).names() == ("some",)


def test_a_file_given_by_its_path_is_read_as_such(tmp_path: Path) -> None:
    path = put(tmp_path, "some", file="draft-3.toml")
    assert load_policy_file(path).id == "some"
    assert PolicyLibrary().open(str(path)).id == "some"
    with pytest.raises(PolicyError) as caught:
        PolicyLibrary().open(str(path.with_suffix("")))
    assert code_of(caught) == "policy_name_invalid"


def test_a_file_that_cannot_be_read_is_told_without_its_path(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.toml"
    os.mkfifo(pipe)
    (tmp_path / "folder.toml").mkdir()
    huge = tmp_path / "huge.toml"
    huge.write_bytes(b"#" * (1 << 17))
    for file, code in (
        ("absent.toml", "file_missing"),
        ("pipe.toml", "not_a_regular_file"),
        ("folder.toml", "is_a_directory"),
        ("huge.toml", "file_too_large"),
        ("a\x00b.toml", "file_missing"),
    ):
        with pytest.raises(FileError) as caught:
            load_policy_file(tmp_path / file)
        assert caught.value.code == code
        assert str(tmp_path) not in str(caught.value)


def test_a_message_begins_with_the_files_own_name(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('id = "mine"', encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        load_policy_file(path)
    assert caught.value.message.startswith("mine.toml cannot be used:")
    assert str(tmp_path) not in str(caught.value)


# --- defaults ---------------------------------------------------------------------------------------------------------


def test_a_sites_default_goes_before_ours(tmp_path: Path) -> None:
    assert PolicyLibrary.with_site([tmp_path]).default("files") == PolicyLibrary().default("files")
    (tmp_path / "defaults.toml").write_text('files = "of_the_site"', encoding="utf-8")
    assert PolicyLibrary.with_site([tmp_path]).default("files") == "of_the_site"


def test_a_use_that_nobody_set_is_refused() -> None:
    with pytest.raises(PolicyError) as caught:
        PolicyLibrary((PACKAGED_POLICIES,)).default("no_such_use")
    assert code_of(caught) == "policy_default_missing"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("files = 3", "policy_invalid"),
        ('files = "../up"', "policy_invalid"),
        ('"Files and more" = "some"', "policy_invalid"),
        ("files = ", "policy_syntax"),
    ],
)
def test_a_bad_defaults_file_is_refused(tmp_path: Path, text: str, code: str) -> None:
    (tmp_path / "defaults.toml").write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError) as caught:
        PolicyLibrary((tmp_path,)).default("files")
    assert code_of(caught) == code

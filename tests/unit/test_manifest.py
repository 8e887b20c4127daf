"""The manifest: what the packaged one declares, and what is refused."""

from pathlib import Path

import pytest

from model_material import entry, folder_source, manifest, tiny_onnx
from visavis.errors import ManifestError, UsageError
from visavis.perception.manifest import Manifest, NpmSource, Runtime, Task, UrlSource, packaged_manifest, read_manifest

DATA = tiny_onnx()
GOOD = entry(DATA, folder_source("models"))


def refused(text: str) -> ManifestError:
    with pytest.raises(ManifestError) as caught:
        read_manifest(text, Path())
    assert caught.value.code == "manifest_invalid"
    return caught.value


def test_every_task_has_a_default() -> None:
    models = packaged_manifest()
    assert {entry.task for entry in models.models if entry.default} == set(Task)
    assert [entry.name for entry in models.defaults(Task.EMBEDDING)] == ["faceplugin_embedding", "mobilefacenet"]
    assert models.default(Task.DETECTOR).name == "blazeface_back"


def test_every_packaged_model_says_whose_it_is() -> None:
    for model in packaged_manifest().models:
        assert model.licence
        assert model.licence_note
        assert model.provenance
        assert model.source
        if model.default:
            assert not any(isinstance(source, UrlSource) for source in model.source)


def test_ranges_of_the_packed_file_have_the_size_of_their_model() -> None:
    cut = [
        (model.bytes, source.end - source.start)
        for model in packaged_manifest().models
        for source in model.source
        if isinstance(source, NpmSource) and source.start is not None and source.end is not None
    ]
    assert len(cut) == 3
    assert all(size == length for size, length in cut)


def test_what_was_not_measured_says_so() -> None:
    models = packaged_manifest()
    for name in ("sface", "yunet"):
        assert not models.get(name).default
        assert "Not measured here" in models.get(name).note


def test_the_recipe_is_part_of_a_templates_version(tmp_path: Path) -> None:
    models = manifest(GOOD.replace("dimension = 3\n", "dimension = 3\nrecipe = 4\n"), tmp_path)
    assert models.get("tiny").full_version == "7+recipe.4"
    assert packaged_manifest().get("blazeface_back").full_version == "0.6.0"


def test_a_calibration_lies_beside_its_manifest(tmp_path: Path) -> None:
    models = manifest(
        GOOD.replace("dimension = 3\n", 'dimension = 3\ncalibration = "calibrations/tiny.toml"\n'), tmp_path
    )
    assert models.calibration("tiny") == tmp_path / "calibrations" / "tiny.toml"
    assert manifest(GOOD, tmp_path).calibration("tiny") is None


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('runtime = "onnx"', 'runtime = "onnx"\nliscence = "MIT"', "liscence"),
        ('runtime = "onnx"', 'runtime = "torch"', "runtime"),
        ('name = "tiny"', 'name = "../tiny"', "name"),
        ('version = "7"', 'version = ".."', "version"),
        ('file = "tiny.onnx"', 'file = "../tiny.onnx"', "file"),
        ('licence = "CC0-1.0"', "", "licence"),
        (f"bytes = {len(DATA)}", "bytes = 0", "bytes"),
        (f"bytes = {len(DATA)}", "bytes = 99999999999", "bytes"),
        ("dimension = 3", "dimension = 4", "tiny"),
        ('channels = "RGB"', 'channels = "grey"', "input"),
        ("mean = [127.5]", "mean = [1.0, 2.0]", "input"),
        ("divisor = [128.0]", "divisor = [0.0]", "divisor"),
        ("shape = [1, 3, 8, 8]", "shape = [1, 3, -1, 8]", "input"),
        ('kind = "folder"', 'kind = "ftp"', "source"),
        ('kind = "folder"\nfolder = "models"', 'kind = "url"\nurl = "http://example.org/a"', "url"),
        ('kind = "folder"\nfolder = "models"', 'kind = "url"\nurl = "http://127.0.0.1.example.org/a"', "url"),
        ('task = "embedding"', 'task = "detector"', "tiny"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_place(old: str, new: str, place: str) -> None:
    assert old in GOOD
    error = refused("schema = 1\n" + GOOD.replace(old, new, 1))
    assert place in error.message


OPEN = GOOD.replace("shape = [1, 3, 8, 8]", "shape = [-1, 3, 48, -1]\nopen = { multiple = 8, most = 80 }")


def test_a_side_may_be_open_within_bounds(tmp_path: Path) -> None:
    spec = manifest(OPEN, tmp_path).get("tiny").input
    assert spec is not None
    assert spec.least_shape == (1, 3, 48, 8)
    assert spec.takes((9, 3, 48, 8))
    assert spec.takes((1, 3, 48, 80))
    for shape in ((1, 3, 48, 0), (1, 3, 48, 12), (1, 3, 48, 88), (1, 3, 40, 8), (1, 1, 48, 8), (3, 48, 8)):
        assert not spec.takes(shape)
    fixed = manifest(GOOD, tmp_path).get("tiny").input
    assert fixed is not None
    assert fixed.least_shape == (1, 3, 8, 8)
    assert fixed.takes((5, 3, 8, 8))
    assert not fixed.takes((5, 3, 8, 16))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\nopen = { multiple = 8, most = 80 }", ""),
        ("[-1, 3, 48, -1]", "[-1, 3, 48, 8]"),
        ("[-1, 3, 48, -1]", "[-1, -1, 48, 8]"),
        ("multiple = 8", "multiple = 0"),
        ("most = 80", "most = 90"),
        ("most = 80", "most = 80000"),
        ("most = 80", "least = 80"),
    ],
)
def test_a_side_that_nothing_bounds_is_refused(old: str, new: str) -> None:
    assert old in OPEN
    assert "input" in refused("schema = 1\n" + OPEN.replace(old, new, 1)).message


@pytest.mark.parametrize("member", ["../a", "/a", "a/../b", "a\\\\b", "c:a", "", "a//b"])
def test_a_member_that_is_no_plain_path_is_refused(member: str) -> None:
    source = f"""kind = "npm"
package = "tinyface@1.0.0"
artefact_sha256 = "{"0" * 64}"
artefact_bytes = 1
member = "{member}\""""
    refused("schema = 1\n" + entry(DATA, source))


@pytest.mark.parametrize("span", ["start = 3", "end = 3", "start = 3\nend = 3", "start = -1\nend = 3"])
def test_half_a_range_is_refused(span: str) -> None:
    source = f"""kind = "npm"
package = "tinyface@1.0.0"
artefact_sha256 = "{"0" * 64}"
artefact_bytes = 1
member = "a"
{span}"""
    refused("schema = 1\n" + entry(DATA, source))


@pytest.mark.parametrize("package", ["tinyface", "tinyface@latest", "tinyface@^1", "--registry@1", "@a/b/c@1"])
def test_an_npm_package_is_named_by_its_exact_version(package: str) -> None:
    source = f"""kind = "npm"
package = "{package}"
artefact_sha256 = "{"0" * 64}"
artefact_bytes = 1
member = "a\""""
    refused("schema = 1\n" + entry(DATA, source))


@pytest.mark.parametrize("requirement", ["tinyface", "tinyface>=1", "-r x==1", "tinyface==1 --index-url=x"])
def test_a_requirement_is_named_by_its_exact_version(requirement: str) -> None:
    source = f"""kind = "pypi"
requirement = "{requirement}"
packaging = "wheel"
artefact_sha256 = "{"0" * 64}"
artefact_bytes = 1
member = "a\""""
    refused("schema = 1\n" + entry(DATA, source))


def test_two_models_of_one_name_are_refused() -> None:
    assert "two models are named tiny" in refused("schema = 1\n" + GOOD + GOOD).message


def test_a_fault_names_its_model() -> None:
    text = (
        "schema = 1\n"
        + GOOD
        + entry(DATA, folder_source("x"), name="second").replace('runtime = "onnx"', "runtime = 1")
    )
    assert "'second'" in refused(text).message


@pytest.mark.parametrize(
    "text", ["", "schema = 2\n" + GOOD, "schema = 1", "nonsense", "schema = 1\n" + " " * (1 << 21)]
)
def test_no_manifest_at_all_is_refused(text: str) -> None:
    refused(text)


def test_data_that_does_not_run_declares_no_tensors() -> None:
    refused("schema = 1\n" + GOOD.replace('runtime = "onnx"', 'runtime = "none"'))
    mesh = packaged_manifest().get("canonical_face_mesh")
    assert mesh.runtime is Runtime.NONE
    assert mesh.input is None


def test_an_unknown_name_is_a_usage_error() -> None:
    with pytest.raises(UsageError) as caught:
        packaged_manifest().get("nobody")
    assert caught.value.code == "unknown_model"
    assert "blazeface_back" in caught.value.advice


def test_no_default_for_a_task_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ManifestError) as caught:
        manifest(GOOD, tmp_path).default(Task.DETECTOR)
    assert caught.value.code == "no_default_model"


def site(text: str, folder: Path) -> Manifest:
    return packaged_manifest().with_site(manifest(text, folder).models, folder)


def test_a_sites_model_comes_beside_ours(tmp_path: Path) -> None:
    models = site(GOOD, tmp_path)
    assert models.models[-1].name == "tiny"
    assert models.folder("tiny") == tmp_path
    assert models.folder("blazeface_back") != tmp_path
    assert models.defaults(Task.EMBEDDING) == packaged_manifest().defaults(Task.EMBEDDING)


def test_a_sites_default_puts_ours_of_that_task_aside(tmp_path: Path) -> None:
    models = site(entry(DATA, folder_source("models"), default=True), tmp_path)
    assert [model.name for model in models.defaults(Task.EMBEDDING)] == ["tiny"]
    assert models.defaults(Task.DETECTOR) == packaged_manifest().defaults(Task.DETECTOR)


def test_a_site_replaces_a_model_by_name(tmp_path: Path) -> None:
    models = site(entry(DATA, folder_source("models"), name="mobilefacenet"), tmp_path)
    assert models.get("mobilefacenet").version == "7"
    assert len(models.models) == len(packaged_manifest().models)


def test_the_reference_page_says_what_the_manifest_says() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "models.md").read_text(encoding="utf-8")
    rows = page.splitlines()
    for model in packaged_manifest().models:
        (row,) = (line for line in rows if line.startswith(f"| `{model.name}` | {model.task.value}"))
        assert model.licence in row
        assert f"{model.kept_bytes:,} |" in row
        assert ("| yes |" in row) == model.default
        (row,) = (line for line in rows if line.startswith(f"| `{model.name}` | `"))
        kept = "the same" if model.prepared is None else f"`{model.kept_sha256}`"
        assert row == f"| `{model.name}` | `{model.sha256}` | {kept} |"


def test_the_entry_of_the_reference_page_is_valid(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "models.md").read_text(encoding="utf-8")
    example = page.partition("```toml\n")[2].partition("```")[0]
    models = manifest(example, tmp_path)
    assert models.default(Task.EMBEDDING).name == "our_embedding"
    assert len(models.get("our_embedding").source) == 2

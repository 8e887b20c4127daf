"""Settings: strict about names and values, and silent about what they hold."""

from pathlib import Path

import pytest

from visavis.errors import ConfigurationError
from visavis.settings import PREFIX, Settings, load_settings

DOCS = Path(__file__).resolve().parent.parent.parent / "docs" / "reference" / "service.md"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"{PREFIX}{name.upper()}", raising=False)


def refused(**given: object) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(**given)
    return caught.value


def test_what_is_given_goes_before_the_environment_and_that_before_the_defaults(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert load_settings(port=None).port == 8000
    monkeypatch.setenv("VISAVIS_PORT", "9000")
    monkeypatch.setenv("VISAVIS_DATA", str(tmp_path))
    assert (load_settings().port, load_settings(port=9001).port) == (9000, 9001)
    assert load_settings().database == f"sqlite:///{tmp_path / 'store.db'}"
    assert load_settings().own_database
    assert not load_settings(database_url="postgresql:///x").own_database


def test_a_misspelt_setting_is_refused_and_the_nearest_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISAVIS_DATABSE_URL", "postgresql://secret@host/db")
    error = refused()
    assert error.code == "setting_unknown"
    assert "VISAVIS_DATABASE_URL" in error.advice
    assert "secret" not in str(error)


@pytest.mark.parametrize("name", ["VISAVIS_CONFIG", "VISAVIS_MODELS", "VISAVIS_TEST_DATA", "VISAVIS_TRACEBACK"])
def test_what_other_parts_read_is_no_unknown_setting(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "x")
    load_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "65536"),
        ("workers", "0"),
        ("log_level", "loud"),
        ("public_url", "http://verify.operator.example"),
        ("public_url", "https://verify.operator.example/path"),
        ("public_url", "https://user@verify.operator.example"),
        ("captures", "perhaps"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_the_name_of_its_setting(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"VISAVIS_{name.upper()}", value)
    error = refused()
    assert error.code == "setting_invalid"
    assert f"VISAVIS_{name.upper()}" in error.message
    assert value not in error.message or value == "0"


def test_a_service_for_others_says_where_it_is_reached() -> None:
    assert refused(host="0.0.0.0").code == "setting_invalid"  # noqa: S104 - no socket is opened
    open_to_all = load_settings(host="0.0.0.0", public_url="https://verify.operator.example/")  # noqa: S104 - as above
    assert open_to_all.base_url == "https://verify.operator.example"
    assert not open_to_all.on_this_machine
    assert load_settings(host="::1").base_url == "http://[::1]:8000"
    assert load_settings().on_this_machine


def test_paths_are_separated_as_in_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISAVIS_POLICIES", "/a:/b")
    assert load_settings().policies == (Path("/a"), Path("/b"))


def test_a_key_among_the_settings_is_not_shown() -> None:
    assert "c2VjcmV0" not in repr(load_settings(master_key="c2VjcmV0"))


def test_every_setting_stands_in_the_reference() -> None:
    page = DOCS.read_text(encoding="utf-8")
    missing = [name for name in Settings.model_fields if f"`{PREFIX}{name.upper()}`" not in page]
    assert missing == []

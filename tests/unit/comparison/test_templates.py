"""Templates: what may be one, what may be compared, and that nothing of a face is printed."""

import ast
import copy
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import visavis
from visavis.comparison.templates import MAX_FUSED, Template, compare_templates, fuse_templates
from visavis.errors import ModelInvalidError, TemplateMismatchError, UsageError
from visavis.perception.session import ModelIdentity

MODEL = ModelIdentity(name="some_model", version="1", digest="ab" * 32)


def unit(seed: int, dimensions: int = 16) -> NDArray[np.float32]:
    vector = np.random.default_rng(seed).normal(size=dimensions)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def template(seed: int = 0, *, quality: float = 50.0, model: ModelIdentity = MODEL, dimensions: int = 16) -> Template:
    return Template(vector=unit(seed, dimensions), model=model, quality=quality)


def test_holds_a_copy_that_nobody_can_write() -> None:
    given_vector = unit(1)
    made = Template(vector=given_vector, model=MODEL, quality=80)
    given_vector[:] = 0
    assert compare_templates(made, made) == pytest.approx(1.0)
    assert made.vector.dtype == np.float32
    assert not made.vector.flags.writeable
    with pytest.raises(ValueError, match="WRITEABLE"):
        made.vector.flags.writeable = True


def test_shows_no_number_of_the_vector() -> None:
    made = template()
    shown = repr(made) + str(made) + f"{made}"
    assert "some_model@1" in shown
    assert "array" not in shown
    assert "0." not in shown
    assert MODEL.digest not in shown


def test_has_no_field_but_those_it_names() -> None:
    with pytest.raises((AttributeError, TypeError)):
        template().name = "somebody"  # type: ignore[attr-defined]
    with pytest.raises(AttributeError):
        template().quality = 100.0  # type: ignore[misc]


def test_two_templates_are_never_equal_by_operator() -> None:
    assert template() != template()


def test_survives_a_copy() -> None:
    made = template()
    for other in (copy.deepcopy(made), pickle.loads(pickle.dumps(made))):  # noqa: S301 - our own bytes
        assert compare_templates(made, other) == pytest.approx(1.0)


@pytest.mark.parametrize(
    "vector",
    [
        np.full(16, np.nan, np.float32),
        np.array([np.inf, 0, 0], np.float32),
        np.zeros(16, np.float32),
        2 * unit(1),
        unit(1).reshape(4, 4),
        np.ones(1, np.float32),
        np.array([1, 0, 0]),
        np.float32(1.0),
        np.zeros(0, np.float32),
    ],
)
def test_a_vector_that_is_no_template_is_refused(vector: NDArray[np.float32]) -> None:
    with pytest.raises(ModelInvalidError) as caught:
        Template(vector=vector, model=MODEL, quality=50)
    assert caught.value.code == "template_invalid"


@pytest.mark.parametrize("quality", [-0.1, 100.1, float("nan")])
def test_a_quality_out_of_range_is_refused(quality: float) -> None:
    with pytest.raises(ModelInvalidError):
        template(quality=quality)


def test_compares_by_cosine_the_same_both_ways() -> None:
    a, b = template(1), template(2)
    assert compare_templates(a, b) == pytest.approx(float(unit(1) @ unit(2)), abs=1e-6)
    assert compare_templates(a, b) == compare_templates(b, a)
    opposite = Template(vector=-unit(1), model=MODEL, quality=50)
    assert -1.0 <= compare_templates(a, opposite) == pytest.approx(-1.0)


@pytest.mark.parametrize(
    "other",
    [
        template(model=ModelIdentity(name="other", version="1", digest="ab" * 32)),
        template(model=ModelIdentity(name="some_model", version="2", digest="ab" * 32)),
        template(model=ModelIdentity(name="some_model", version="1", digest="cd" * 32)),
        template(dimensions=32),
    ],
)
def test_templates_of_different_weights_do_not_mix(other: Template) -> None:
    for mix in (lambda: compare_templates(template(), other), lambda: fuse_templates([template(), other])):
        with pytest.raises(TemplateMismatchError) as caught:
            mix()
        assert caught.value.code == "template_model_mismatch"


def test_fusing_one_gives_it_back() -> None:
    fused = fuse_templates([template(3, quality=40)])
    assert compare_templates(fused, template(3)) == pytest.approx(1.0)
    assert fused.quality == pytest.approx(40)


def test_the_better_frame_weighs_more() -> None:
    good, poor = template(1, quality=90), template(2, quality=10)
    fused = fuse_templates([good, poor])
    expected = 0.9 * unit(1).astype(np.float64) + 0.1 * unit(2).astype(np.float64)
    np.testing.assert_allclose(fused.vector, expected / np.linalg.norm(expected), atol=1e-6)
    assert compare_templates(fused, good) > compare_templates(fused, poor)
    assert fused.quality == pytest.approx(0.9 * 90 + 0.1 * 10)


def test_frames_without_quality_weigh_the_same() -> None:
    fused = fuse_templates([template(1, quality=0), template(2, quality=0)])
    assert compare_templates(fused, template(1)) == pytest.approx(compare_templates(fused, template(2)), abs=1e-6)
    assert fused.quality == 0


@given(st.lists(st.tuples(st.integers(0, 99), st.floats(0, 100)), min_size=1, max_size=8))
def test_what_is_fused_is_a_template(parts: list[tuple[int, float]]) -> None:
    base = unit(1234, 64)
    rows = []
    for seed, quality in parts:
        vector = base + 0.3 * unit(seed, 64)
        rows.append(Template(vector=vector / np.linalg.norm(vector), model=MODEL, quality=quality))
    fused = fuse_templates(rows)
    assert float(np.linalg.norm(fused.vector)) == pytest.approx(1.0, abs=1e-5)
    qualities = [quality for _, quality in parts]
    assert min(qualities) - 1e-6 <= fused.quality <= max(qualities) + 1e-6


def test_frames_that_point_away_from_one_another_are_no_one_person() -> None:
    with pytest.raises(TemplateMismatchError) as caught:
        fuse_templates([template(1), Template(vector=-unit(1), model=MODEL, quality=50)])
    assert caught.value.code == "templates_disagree"


@pytest.mark.parametrize(("count", "code"), [(0, "templates_none"), (MAX_FUSED + 1, "templates_too_many")])
def test_the_number_of_frames_is_bounded(count: int, code: str) -> None:
    with pytest.raises(UsageError) as caught:
        fuse_templates([template()] * count)
    assert caught.value.code == code


MANY = {"Sequence", "Iterable", "Iterator", "Collection", "Mapping", "list", "tuple", "set", "frozenset", "dict"}


def takes_one_against_many(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """One template beside a collection of templates: the signature of a search."""
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    arguments += [item for item in (function.args.vararg,) if item is not None]
    one = many = False
    for argument in arguments:
        words = (
            {node.id for node in ast.walk(argument.annotation) if isinstance(node, ast.Name)}
            if argument.annotation
            else set()
        )
        if "Template" in words:
            several = bool(words & MANY) or argument is function.args.vararg
            one, many = one or not several, many or several
    return one and many


def test_the_guard_knows_a_search_when_it_sees_one() -> None:
    search, pair = ast.parse(
        "def search(probe: Template, gallery: Sequence[Template]): ...\n"
        "def pair(probe: Template, reference: Template): ...\n"
    ).body
    assert isinstance(search, ast.FunctionDef)
    assert isinstance(pair, ast.FunctionDef)
    assert takes_one_against_many(search)
    assert not takes_one_against_many(pair)


def test_no_function_takes_one_probe_and_many_references() -> None:
    found = [
        f"{path.name}: {node.name}"
        for path in Path(visavis.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and takes_one_against_many(node)
    ]
    assert found == []


def test_what_comparison_offers_is_one_to_one() -> None:
    import visavis.comparison.templates as templates_module

    assert templates_module.__all__ == ["MAX_FUSED", "Template", "compare_templates", "fuse_templates"]

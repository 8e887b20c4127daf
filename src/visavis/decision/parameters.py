"""The parameters of a rule: read from the plain values of a file, checked against the rule's own type hints."""

import dataclasses
import math
import typing
from collections.abc import Mapping
from enum import EnumType
from typing import cast

import msgspec

from visavis.decision.problems import PolicyProblem, did_you_mean
from visavis.decision.requirements import Rule

__all__ = ["parameter_problems", "parameters", "read_rule"]


def parameters(rule: Rule) -> dict[str, object]:
    """A rule's parameters as plain values."""
    values = {item.name: getattr(rule, item.name) for item in _fields(type(rule))}
    return cast("dict[str, object]", msgspec.to_builtins(values))


def parameter_problems(rule: Rule, where: str) -> list[PolicyProblem]:
    """What is wrong with a rule that was made in Python; a rule from `read_rule` has no problem."""
    try:
        values = parameters(rule)
    except TypeError:
        return [PolicyProblem("parameter_invalid", where, "holds a value that no policy file could hold")]
    return read_rule(type(rule), values, where)[1]


def read_rule(kind: type[Rule], values: Mapping[str, object], where: str) -> tuple[Rule | None, list[PolicyProblem]]:
    """The rule of ``kind`` with these parameters, or None and everything that is wrong with them."""
    hints = typing.get_type_hints(kind, include_extras=True)
    known = {item.name: item for item in _fields(kind)}
    problems = [
        PolicyProblem(
            "unknown_parameter", f"{where}.{key}", f"{kind.name} has no such parameter; {did_you_mean(key, known)}"
        )
        for key in values
        if key not in known
    ]
    read: dict[str, object] = {}
    for key, item in known.items():
        if key not in values:
            if item.default is dataclasses.MISSING:
                problems.append(PolicyProblem("parameter_missing", f"{where}.{key}", f"{kind.name} needs it"))
            continue
        value = values[key]
        problem = _value_problem(value, hints[key])
        if problem:
            problems.append(PolicyProblem("parameter_invalid", f"{where}.{key}", problem))
        else:
            read[key] = msgspec.convert(value, hints[key])
    return (None if problems else kind(**read)), problems


def _value_problem(value: object, hint: object) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return "must be a finite number"
    words = _vocabulary(hint)
    for word in value if isinstance(value, list | tuple) else [value]:
        if words and isinstance(word, str) and word not in words:
            return f"{word!r} is not among its words; {did_you_mean(word, words)}"
    if isinstance(value, list | tuple) and any(item in value[:place] for place, item in enumerate(value)):
        return "names something twice"
    try:
        msgspec.convert(value, hint)
    except msgspec.ValidationError as error:
        return str(error).replace("`", "").replace("Expected", "expected", 1).removesuffix(" - at $")
    return ""


def _vocabulary(hint: object) -> tuple[str, ...]:
    """The closed list of words behind a hint, if there is one: an enumeration, or a tuple of one."""
    while typing.get_origin(hint) is typing.Annotated:
        hint = typing.get_args(hint)[0]
    if typing.get_origin(hint) is tuple:
        hint = typing.get_args(hint)[0]
    return tuple(hint.__members__[key].value for key in hint.__members__) if isinstance(hint, EnumType) else ()


def _fields(kind: type[Rule]) -> tuple[dataclasses.Field[object], ...]:
    return dataclasses.fields(cast("type[typing.Any]", kind))

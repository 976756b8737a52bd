"""The conduct toward a client, made of its behaviors and settings."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from jackfield.kit.json import (
    Json,
    ValidationError,
    as_object,
    convert_decoded,
    is_object,
    members_of,
)
from jackfield.sandbox.oauth.behavior_table import BEHAVIORS, Setting
from jackfield.sandbox.oauth.conduct import Conduct, Terms


def conduct_of(names: Sequence[str], settings: Mapping[str, Json]) -> Conduct:
    """
    Return the conduct toward a client with these behaviors.

    Raises:
        ValidationError: a behavior or setting is unknown, or a setting's value is none it can have.
    """
    rules = {name: as_object(members_of(getattr(Conduct(), name))) for name in _CONCERNS}
    terms = members_of(Terms())
    known = set(terms)
    for name in names:
        behavior = BEHAVIORS.get(name)
        if behavior is None:
            raise ValidationError(_unknown("behavior", name, BEHAVIORS))
        known |= set(behavior.settings)
        for path, change in behavior.changes.items():
            concern, rule = path.split(".")
            value, before = _resolved(change, settings), rules[concern][rule]
            merged = {**before, **value} if is_object(before) and is_object(value) else value
            rules[concern][rule] = merged
    for name, value in settings.items():
        if name not in known:
            raise ValidationError(_unknown("setting", name, known))
        if name in terms:
            rules["terms"][name] = value
    return convert_decoded(rules, Conduct)


def _unknown(kind: str, name: str, known: Any) -> str:
    return f"no {kind} {name!r} here, expected one of {', '.join(sorted(known))}"


def _resolved(value: Json, settings: Mapping[str, Json]) -> Json:
    if isinstance(value, Setting):
        return settings.get(value.name, value.default)
    if is_object(value):
        return {name: _resolved(inner, settings) for name, inner in value.items()}
    return value


_CONCERNS: Final = Conduct.__struct_fields__

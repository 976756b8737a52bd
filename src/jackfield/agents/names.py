"""
Names of tools and of their arguments within what published clients take.

A name that clients would refuse is replaced by one that depends on nothing but the names around
it, and a call's arguments get the inputs' own names back.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Final, TypeAlias

from jackfield.engine.inputs.accept import PAGING
from jackfield.kit.json import Json, as_list, as_object, is_list, is_object

LOCATIONS: Final = ("path", "query", "headers", "body")
ACCOUNT: Final = "account_id"

Restore: TypeAlias = Callable[[Json], Json]

_LONGEST: Final = 64
_FITS: Final = re.compile(rf"[a-zA-Z0-9_-]{{1,{_LONGEST}}}")
_UNFIT: Final = re.compile(r"[^a-zA-Z0-9_-]+")
_DIGITS: Final = 8
# What an argument of these names means is settled in every tool.
_RESERVED: Final = frozenset({*LOCATIONS, ACCOUNT, *PAGING})


def tool_name(action_id: str) -> str:
    """Return what a tool is called: the action's id, cut and marked where it is too long."""
    return action_id if _FITS.fullmatch(action_id) else _marked(_shortened(action_id), action_id)


def argument_names(wanted: Mapping[str, str]) -> dict[str, str]:
    """Return a name that fits for each input; `wanted` are the names they should have."""
    counts = Counter(wanted.values())
    named = {
        name: each
        for name, each in wanted.items()
        if _FITS.fullmatch(each) and (name == each or counts[each] == 1)
    }
    if len(named) == len(wanted):
        return named
    taken = _RESERVED.union(named.values())
    short = {name: _shortened(each) for name, each in wanted.items() if name not in named}
    counts = Counter(short.values())
    for name, each in short.items():
        is_free = each and each not in taken and counts[each] == 1
        named[name] = each if is_free else _marked(each, name)
    return {name: named[name] for name in wanted}


def rename(schema: Mapping[str, Json]) -> dict[str, Json]:
    """Return the schema of a value with names that fit, at every depth."""
    renamed = dict(schema)
    properties = as_object(schema.get("properties"))
    if properties:
        names = argument_names({name: name for name in properties})
        renamed["properties"] = {
            names[name]: describe_renamed(rename(as_object(each)), name, names[name])
            for name, each in properties.items()
        }
        if "required" in schema:
            renamed["required"] = [names.get(name, name) for name in as_list(schema["required"])]
    if is_object(schema.get("items")):
        renamed["items"] = rename(schema["items"])
    if is_list(schema.get("anyOf")):
        renamed["anyOf"] = [rename(as_object(each)) for each in schema["anyOf"]]
    return renamed


def describe_renamed(schema: dict[str, Json], name: str, argument: str) -> dict[str, Json]:
    """Add an input's own name to its description where the argument is called otherwise."""
    if name == argument:
        return schema
    words = f"{schema.get('description', '')} Its name at the provider is {name!r}.".strip()
    return {**schema, "description": words}


def restorer(schema: Mapping[str, Json]) -> Restore | None:
    """Return what gives a value its own names back, if `rename` changes any in `schema`."""
    properties = as_object(schema.get("properties"))
    names = argument_names({name: name for name in properties})
    own = {argument: name for name, argument in names.items() if argument != name}
    inner = {
        name: found
        for name, each in properties.items()
        if (found := restorer(as_object(each))) is not None
    }
    items = schema.get("items")
    of_items = restorer(items) if is_object(items) else None
    options = [
        found
        for each in as_list(schema.get("anyOf"))
        if (found := restorer(as_object(each))) is not None
    ]
    if not (own or inner or of_items or options):
        return None

    def restore(value: Json) -> Json:
        if is_object(value):
            renamed = {own.get(argument, argument): each for argument, each in value.items()}
            value = {n: inner[n](each) if n in inner else each for n, each in renamed.items()}
        elif is_list(value) and of_items is not None:
            value = [of_items(each) for each in value]
        for option in options:
            value = option(value)
        return value

    return restore


def _shortened(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return _UNFIT.sub("_", plain).strip("_")[:_LONGEST]


def _marked(short: str, name: str) -> str:
    digest = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    return f"{short[: _LONGEST - _DIGITS - 1] or 'input'}_{digest}"

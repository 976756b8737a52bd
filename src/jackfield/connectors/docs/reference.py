"""Reference documentation of a connector: its actions and their inputs, by group."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from jackfield.connectors.action import ActionInfo
from jackfield.connectors.connector import Connector, Link
from jackfield.engine.inputs.formats import FORMAT_WORDS
from jackfield.kit.errors import HubError
from jackfield.kit.json import (
    Json,
    as_list,
    encode,
    is_list,
    is_object,
    items,
    mapping,
    text,
    texts,
)

# Fields of fields of fields: deeper ones are left to the schema.
_DEEPEST: Final = 4
_LIMITS: Final[Mapping[str, str]] = {
    "format": "format {}",
    "pattern": "matches {}",
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "length at least {}",
    "maxLength": "length at most {}",
    "minItems": "elements at least {}",
    "maxItems": "elements at most {}",
    "maxProperties": "entries at most {}",
    "default": "{} when left out",
}
_FILLED_IN: Final = re.compile(r"\$?\{\{?.*?\}\}?")
_WHEN: Final[Mapping[str, str]] = {"equals": "is {}", "notEquals": "is not {}"}


@dataclass(frozen=True, slots=True)
class InputRow:
    """One input, or a field of one: then `name` is a path such as `items[].sku`."""

    name: str
    type: str
    place: str
    is_required: bool
    choices: tuple[str, ...]
    limits: tuple[str, ...]
    description: str


@dataclass(frozen=True, slots=True)
class DescribedAction:
    """
    An action with its inputs, and the outline of what it gives back where that is known.

    `is_usable` is false if a fault in the document prevents runs.
    """

    info: ActionInfo
    inputs: tuple[InputRow, ...]
    rules: tuple[str, ...]
    output: str
    is_usable: bool


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    actions: tuple[DescribedAction, ...]


@dataclass(frozen=True, slots=True)
class RateLimit:
    """
    A rate limit of each account.

    `pattern` has the methods and the URL pattern; empty for all requests together.
    """

    pattern: str
    rate: str


@dataclass(frozen=True, slots=True)
class KnownError:
    """An answer of the provider that the connector explains; `field` is the credential it is about."""

    received: str
    status: str
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class ConnectorReference:
    connector: Connector
    links: tuple[Link, ...]
    groups: tuple[Group, ...]
    rate_limits: tuple[RateLimit, ...]
    errors: tuple[KnownError, ...]


def describe(connector: Connector) -> ConnectorReference:
    """Return the reference of a connector's listed actions, by tag; those without a tag are last."""
    entries = {
        text(entry, "actionId"): entry for entry in items(connector.compilation.document, "actions")
    }
    by_tag: dict[str, list[DescribedAction]] = {}
    for action in connector.actions:
        if not action.is_internal:
            described = _action(action, entries[action.name])
            by_tag.setdefault(action.tags[0] if action.tags else "", []).append(described)
    untagged = by_tag.pop("", [])
    groups = [Group(tag[0].upper() + tag[1:], tuple(each)) for tag, each in by_tag.items()]
    if untagged:
        groups.append(Group("Other actions" if groups else "Actions", tuple(untagged)))
    return ConnectorReference(
        connector=connector,
        links=tuple(each for each in connector.links if _is_web(each.url)),
        groups=tuple(groups),
        rate_limits=tuple(_rate_limits(mapping(connector.compilation.document, "rateLimit"))),
        errors=tuple(dict.fromkeys(_errors(connector.compilation.document))),
    )


def _action(action: ActionInfo, entry: Mapping[str, Json]) -> DescribedAction:
    try:
        schema = action.schema
    except HubError:
        return DescribedAction(action, (), (), "", is_usable=False)
    places = {text(each, "name"): text(each, "in") for each in items(entry, "inputs")}
    return DescribedAction(
        info=action,
        inputs=tuple(_rows(schema, places, within="", depth=1)),
        rules=tuple(filter(None, map(_rule, items(entry, "validationRules")))),
        output=_outline(entry["output"]) if "output" in entry else "",
        is_usable=True,
    )


def _outline(outline: Json) -> str:
    """Return an outline on one line, such as `[{ id: string, tags: [string] }]`."""
    if is_list(outline):
        return f"[{', '.join(map(_outline, outline))}]"
    if is_object(outline):
        members = ", ".join(f"{name}: {_outline(each)}" for name, each in outline.items())
        return f"{{ {members} }}" if members else "{}"
    return str(outline)


def _rows(
    schema: Mapping[str, Json], places: Mapping[str, str], *, within: str, depth: int
) -> Iterator[InputRow]:
    required = set(texts(schema, "required"))
    properties = mapping(schema, "properties")
    for name in properties:
        declared = mapping(properties, name)
        path, element = f"{within}{name}", declared
        while element.get("type") == "array":
            path, element = f"{path}[]", mapping(element, "items")
        yield InputRow(
            name=f"{within}{name}",
            type=_type(declared),
            place=places.get(name, "") if not within else "",
            is_required=name in required,
            choices=tuple(map(_spell, as_list(element.get("enum")))),
            limits=tuple(_limits(declared, element)),
            description=text(declared, "description"),
        )
        if depth < _DEEPEST:
            yield from _rows(element, places, within=f"{path}.", depth=depth + 1)


def _type(schema: Mapping[str, Json]) -> str:
    alternatives = list(items(schema, "anyOf"))
    if alternatives:
        return " or ".join(dict.fromkeys(map(_type, alternatives)))
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_type(mapping(schema, 'items'))}"
    return " or ".join(map(str, kind)) if is_list(kind) else str(kind)


def _limits(schema: Mapping[str, Json], element: Mapping[str, Json]) -> Iterator[str]:
    for name, sentence in _LIMITS.items():
        # A well-known format is shown by its name only.
        if name == "pattern" and {schema.get(name), element.get(name)} & FORMAT_WORDS.keys():
            continue
        if name in schema:
            yield sentence.format(_spell(schema[name]))
        elif name in element:
            yield f"each {sentence.format(_spell(element[name]))}"


def _rule(rule: Mapping[str, Json]) -> str:
    fields = ", ".join(texts(rule, "fields"))
    match rule.get("rule"):
        case "atLeastOneOf":
            sentence = f"Give at least one of {fields}."
        case "mutuallyExclusive":
            sentence = f"Give at most one of {fields}."
        case "inOrder":
            sentence = f"None of {fields} may be after the one that follows it."
        case "requiredIf":
            sentence = f"Give {text(rule, 'field')} when {_condition(mapping(rule, 'condition'))}."
        case _:
            sentence = ""
    return text(rule, "errorMessage") or sentence


def _condition(condition: Mapping[str, Json]) -> str:
    for name, sentence in _WHEN.items():
        if name in condition:
            return f"{text(condition, 'field')} {sentence.format(_spell(condition[name]))}"
    presence = "is not given" if condition.get("present") is False else "is given"
    return f"{text(condition, 'field')} {presence}"


def _rate_limits(declared: Mapping[str, Json]) -> Iterator[RateLimit]:
    if "mainRatelimit" in declared:
        yield RateLimit("", f"{_spell(declared['mainRatelimit'])} a second")
    for pool in items(declared, "subPools"):
        rate = f"{_spell(pool.get('rateLimit'))} a {text(pool, 'per') or 'second'}"
        methods = ", ".join(texts(pool, "methods")).upper()
        yield RateLimit(f"{methods} {text(pool, 'urlPattern')}".strip(), rate)


def _errors(document: Mapping[str, Json]) -> Iterator[KnownError]:
    """Yield what actions explain, each once; not where the provider's own words are passed on."""
    entries = (entry for action in items(document, "actions") for entry in _explained(action))
    for entry in entries:
        # What is filled in comes with the answer.
        message = _FILLED_IN.sub("…", " ".join(text(entry, "message").split()))
        if re.search(r"\w{3}", message):
            yield KnownError(
                received=_spell(entry.get("receivedStatus")),
                status=_spell(entry.get("targetStatus")),
                field=text(entry, "field"),
                message=message,
            )


def _explained(value: Json) -> Iterator[Mapping[str, Json]]:
    """Yield the entries of every `customErrors` within a value."""
    if is_object(value):
        yield from items(value, "customErrors")
        for inner in value.values():
            yield from _explained(inner)
    elif is_list(value):
        for inner in value:
            yield from _explained(inner)


def _spell(value: Json) -> str:
    return value if isinstance(value, str) else encode(value).decode()


def _is_web(url: str) -> bool:
    return urlsplit(url).scheme in {"http", "https"}

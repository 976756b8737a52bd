"""The provider that a connector describes: its endpoints, shapes, resources and refusals."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from jackfield.connectors import patterns
from jackfield.connectors.connector import Connector
from jackfield.kit.json import Json, mapping, text
from jackfield.sandbox.connector.addresses import (
    find_origins,
    permission_paths,
    sign_in_paths,
    with_bases,
)
from jackfield.sandbox.connector.credentials import Login, make_logins
from jackfield.sandbox.connector.directories import Directory, find_directories
from jackfield.sandbox.connector.doors import Doors
from jackfield.sandbox.connector.endpoints import Endpoint, read_endpoints
from jackfield.sandbox.connector.examples import Examples, read_examples
from jackfield.sandbox.connector.nouns import nouns_of, objects_of
from jackfield.sandbox.connector.shapes import Shape, is_alike, read_shape
from jackfield.sandbox.connector.store import Resource
from jackfield.sandbox.connector.tenants import with_tenant

# The part of a row's members that another has, too, if it is of the same resource.
_ALIKE: Final = 0.6
_READ: Final = frozenset({"list", "get"})
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, eq=False, repr=False)
class Provider:
    """What a connector and its cases tell of a provider."""

    connector: Connector
    examples: Examples
    endpoints: Sequence[Endpoint]
    nouns: Mapping[str, str]
    shapes: Mapping[Endpoint, Shape]
    resources: Mapping[str, Resource]
    logins: Sequence[Login]
    doors: Doors
    origins: Sequence[str]
    sign_in: Mapping[str, str]
    directories: list[Directory]
    tried: frozenset[str]
    issued: frozenset[str]

    def noun(self, endpoint: Endpoint) -> str:
        return self.nouns.get(endpoint.action, "")

    def resource(self, endpoint: Endpoint) -> Resource | None:
        """Return the resource that an endpoint is about, if its rows are kept."""
        return self.resources.get(self.noun(endpoint))


def read_provider(connector: Connector) -> Provider:
    """
    Return the provider that a connector describes.

    Raises:
        InvalidCase: a file of its cases does not have the form of cases.
    """
    examples = read_examples(connector)
    logins = make_logins(connector, examples)
    bare = read_endpoints(connector)
    endpoints = with_bases(connector, logins, bare)
    nouns = nouns_of(
        {each.action: (each.names or [""])[-1] for each in endpoints if each.info is not None}
    )
    shapes = {
        each: with_tenant(each, read_shape(each, nouns.get(each.action, ""), examples), logins)
        for each in endpoints
    }
    resources = _resources(endpoints, nouns, shapes, examples)
    nouns = {**nouns, **_others_names(endpoints, nouns, shapes, resources)}
    origins = find_origins(connector, logins, bare)
    return Provider(
        connector,
        examples,
        endpoints,
        nouns,
        shapes,
        resources,
        logins,
        Doors(connector, logins, origins),
        origins,
        sign_in_paths(connector, logins),
        find_directories(connector, logins),
        frozenset(permission_paths(connector)),
        examples.issued(),
    )


def _resources(
    endpoints: Sequence[Endpoint],
    nouns: Mapping[str, str],
    shapes: Mapping[Endpoint, Shape],
    examples: Examples,
) -> dict[str, Resource]:
    rows: dict[str, dict[str, Json]] = {}
    about: dict[str, list[Endpoint]] = {}
    # What is read says best what is kept; what only writes give is better than nothing.
    for endpoint in sorted(endpoints, key=lambda each: (each.kind != "get", each.kind != "list")):
        noun, row = nouns.get(endpoint.action, ""), shapes[endpoint].row
        if not noun:
            continue
        about.setdefault(noun, []).append(endpoint)
        if row is not None and (endpoint.kind in _READ or noun not in rows):
            known = rows.setdefault(noun, {})
            for name, value in row.items():
                if known.get(name) is None:
                    known[name] = value
    return {noun: _resource(noun, row, about[noun], examples) for noun, row in rows.items()}


def _others_names(
    endpoints: Sequence[Endpoint],
    nouns: Mapping[str, str],
    shapes: Mapping[Endpoint, Shape],
    resources: Mapping[str, Resource],
) -> dict[str, str]:
    """Return the nouns of lists of a resource that they say they are of, as their rows show."""
    members: dict[str, set[str]] = {}
    for endpoint in endpoints:
        members.setdefault(nouns.get(endpoint.action, ""), set()).update(shapes[endpoint].row or ())
    found: dict[str, str] = {}
    for endpoint in endpoints:
        noun, row = nouns.get(endpoint.action, ""), shapes[endpoint].row
        is_alone = noun not in resources or resources[noun].is_alone
        if endpoint.kind != "list" or endpoint.info is None or not is_alone or not row:
            continue
        said = (noun.replace("_", " "), endpoint.info.label, endpoint.info.description)
        named = {name for each in said for name in objects_of(each)}
        alike = {
            each.noun: len(members[each.noun].intersection(row)) / len(row)
            for each in resources.values()
            if not each.is_alone and each.id_name in row and each.noun in named
        }
        best = max(alike, key=lambda each: alike[each], default="")
        if best and alike[best] >= _ALIKE:
            found[endpoint.action] = best
    return found


def _resource(
    noun: str, row: dict[str, Json], about: Sequence[Endpoint], examples: Examples
) -> Resource:
    id_name = _id_name(noun, row, [name for each in about for name in reversed(each.names)])
    for endpoint in about:
        # Some inputs are held to a form of ids that an example does not have.
        entry = endpoint.own_id_input
        if entry is not None and id_name and not _is_taken(row[id_name], entry):
            usual = examples.inputs(endpoint.action).get(text(entry, "name"))
            if usual is not None and is_alike(usual, row[id_name]):
                row[id_name] = usual
    return Resource(noun, row, id_name, not id_name or len(about) == 1)


def _is_taken(id_: Json, entry: Mapping[str, Json]) -> bool:
    """Return whether an id is one that an input takes, as far as form and pattern tell."""
    rules = mapping(entry, "rules")
    if text(rules, "format") == "uuid":
        return _UUID.fullmatch(str(id_)) is not None
    pattern = text(rules, "pattern")
    if pattern:
        return patterns.matches(pattern, str(id_))
    return text(entry, "type") != "integer" or str(id_).isdecimal()


def _id_name(noun: str, row: Mapping[str, Json], parameters: Sequence[str]) -> str:
    """Return the member of a row that is its id; an empty name if it has none."""
    last = noun.rpartition("_")[2]
    usual = [
        "id", "Id", f"{noun}_id", f"{last}_id", f"{last}Id", "gid", "uuid", *parameters,
        *(name.rpartition("_")[2] for name in parameters),
        "key", "number", "sha", "email", "account_id", "accountId", "user_id", "ts", "name", "tag",
    ]  # fmt: skip
    # Elements of XML are spelled in other ways, and an id may be an attribute.
    spelled = {name.lstrip("@_").lower(): name for name in row}
    names = (*usual, *(spelled.get(each.lower(), "") for each in usual))
    return next(
        (name for name in names if isinstance(row.get(name), str | int) and row.get(name) != ""),
        "",
    )

"""Defaults of the connector format, filled in before the engine compiles a document."""

from collections.abc import Iterator, Mapping
from typing import cast

from jackfield.engine.steps.registry import find_kind
from jackfield.kit.json import Json, items, mapping, text


def expand(document: dict[str, Json]) -> dict[str, Json]:
    """Return the document with its `defaults` applied to every request."""
    errors = mapping(document, "defaults").get("customErrors")
    for action in items(document, "actions"):
        for call in _calls(action):
            if "version" in call:
                call["version"] = str(call["version"])
            kind = find_kind(text(call, "functionName"))
            if errors and kind is not None and kind.is_request:
                parameters = cast("dict[str, Json]", mapping(call, "parameters"))
                parameters["customErrors"] = [*(parameters.get("customErrors") or []), *errors]
    for request in _probes(document):
        request["customErrors"] = errors or []
    document.pop("defaults", None)
    return document


def _probes(document: Mapping[str, Json]) -> Iterator[dict[str, Json]]:
    for entry in items(document, "authentication"):
        for name in entry:
            for probe in items(mapping(entry, name), "permissions"):
                yield cast("dict[str, Json]", mapping(probe, "request"))


def _calls(action: Mapping[str, Json]) -> Iterator[dict[str, Json]]:
    for step in items(action, "steps"):
        calls = [mapping(step, "stepFunction"), *items(step, "stepFunctions")]
        yield from (cast("dict[str, Json]", call) for call in calls if call)

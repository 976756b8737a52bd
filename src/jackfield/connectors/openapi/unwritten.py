"""Parts of a connector that no OpenAPI document has, and that a person has to write."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from jackfield.connectors.openapi.document import OpenApi
from jackfield.connectors.openapi.outlines import responses_by_status
from jackfield.connectors.openapi.selection import Operation
from jackfield.kit.json import Json, items, mapping, text

_PAGING: Final = re.compile(r"cursor|page|offset|limit|after|per_?page", re.IGNORECASE)
_WHOSE: Final = re.compile(
    r"(?:^|_)(?:me|whoami|self|current|account|profile|ping|verify|scopes|authenticated|test)(?:_|$)"
)
_LIMITS: Final = re.compile(r"rate-?limit", re.IGNORECASE)
_SHOWN: Final = 4


def find_unwritten(
    api: OpenApi,
    main: Mapping[str, Json],
    actions: Sequence[Mapping[str, Json]],
    operations: Iterable[Operation],
) -> Iterator[str]:
    """Yield what is left to write, each with its place in the connector."""
    methods = {
        key: method for entry in items(main, "authentication") for key, method in entry.items()
    }
    for key, method in methods.items():
        if "support" not in method and (method.get("configFields") or method.get("setupFields")):
            yield f"authentication.{key}.support.guides: where people find what the form asks for"
    yield from _tests(methods, actions)
    yield "authentication.….identity and credentialErrors: whose account it is, and what refusals mean"
    if "defaults" not in main:
        yield "defaults.customErrors: no response says where its message is"
    unpaged = [each for each in actions if _may_have_pages(each)]
    if unpaged:
        yield f"paging: no telling from the responses of {_named(unpaged)}"
    silent = [each for each in actions if each["effects"] == ["read"] and "output" not in each]
    if silent:
        yield f"output: the response of {_named(silent)} is not described"
    asking = [each for each in actions if each["actionType"] == "list" and _sends_post(each)]
    if asking:
        yield f"effects: taken as reading by its name, though it is a POST: {_named(asking)}"
    yield _limits(api, operations)
    yield "label, description and categories of each action, in your words; mcp.instructions"


def _tests(methods: Mapping[str, Json], actions: Sequence[Mapping[str, Json]]) -> Iterator[str]:
    harmless = [
        each
        for each in actions
        if each["effects"] == ["read"]
        and not any(given.get("required") for given in items(each, "inputs"))
    ]
    harmless.sort(key=lambda each: not _WHOSE.search(text(each, "actionId")))
    hint = f", such as {_named(harmless[:2], 'or')}" if harmless else ""
    for key in methods:
        yield f"authentication.{key}.testActions: a request that proves the credentials{hint}"


def _limits(api: OpenApi, operations: Iterable[Operation]) -> str:
    names = {
        name: None
        for operation in operations
        for _, response in responses_by_status(api, operation.document)
        for name in mapping(response, "headers")
        if _LIMITS.search(name)
    }
    told = (
        f"responses have {', '.join(list(names)[:_SHOWN])}, and not how many"
        if names
        else "no limits are told"
    )
    return f"rateLimit: {told}"


def _may_have_pages(action: Mapping[str, Json]) -> bool:
    call = mapping(next(items(action, "steps")), "stepFunction")
    named = any(_PAGING.search(text(each, "name")) for each in items(action, "inputs"))
    return named and text(call, "functionName") == "request" and action["effects"] == ["read"]


def _sends_post(action: Mapping[str, Json]) -> bool:
    call = mapping(next(items(action, "steps")), "stepFunction")
    return mapping(call, "parameters").get("method") == "post"


def _named(actions: Sequence[Mapping[str, Json]], between: str = "and") -> str:
    names = [text(each, "actionId") for each in actions]
    if len(names) > _SHOWN:
        return f"{', '.join(names[:_SHOWN])} and {len(names) - _SHOWN} more"
    return f"{', '.join(names[:-1])} {between} {names[-1]}" if len(names) > 1 else names[0]

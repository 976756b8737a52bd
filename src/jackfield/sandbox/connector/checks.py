"""The check of a request: its inputs, headers, content type, limits and scopes."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from jackfield.connectors.connector import Connector
from jackfield.engine.wire.body import is_xml
from jackfield.kit.json import Json, as_object, is_object, items, mapping, text
from jackfield.sandbox.connector.endpoints import Argument, Endpoint
from jackfield.sandbox.connector.request import Request

_SECONDS: Final = {"second": 1, "minute": 60, "hour": 3600}
_SIZED: Final = frozenset({"integer", "number"})


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something wrong with a request: the status of its refusal, and why."""

    status: int
    message: str


def check_request(endpoint: Endpoint, request: Request, body: Json) -> Wrong | None:
    """Return what is wrong with a request, if something is."""
    rules = {text(each, "name"): each for each in endpoint.inputs()}
    sent = as_object(body)
    for argument in endpoint.arguments:
        wrong = (
            _check_header(argument, request)
            if argument.place == "headers"
            else _check_value(argument, rules.get(argument.input, {}), request, sent)
        )
        if wrong is not None:
            return wrong
    wants_body = any(each.place == "body" for each in endpoint.arguments)
    names_type = any(each.name.lower() == "content-type" for each in endpoint.arguments)
    is_taken = body is not None and (endpoint.is_soap or not is_xml(request.content_type))
    if wants_body and not names_type and request.content and not is_taken:
        return Wrong(415, f"Content type {request.content_type or 'none'} is not taken.")
    return None


def _check_header(argument: Argument, request: Request) -> Wrong | None:
    if argument.constant is None or argument.is_conditional:
        return None
    given = request.headers.get(argument.name.lower())
    if given is None:
        return Wrong(400, f"The header {argument.name} is missing.")
    if argument.name.lower() == "content-type" and request.content_type != argument.constant:
        return Wrong(415, f"Content type {given} is not taken.")
    return None


def _check_value(
    argument: Argument, rule: Mapping[str, Json], request: Request, body: Mapping[str, Json]
) -> Wrong | None:
    if argument.is_whole_body:
        is_absent = not request.content and rule.get("required") is True
        return Wrong(400, "The body is missing.") if is_absent else None
    source = request.query if argument.place == "query" else body
    path = argument.name if argument.name in source else argument.name.partition("[")[0]
    if path not in source:
        if rule.get("required") is True and not argument.is_conditional:
            return Wrong(400, f"{argument.name} is missing.")
        return None
    return _check_size(argument.name, source[path], rule)


def _check_size(name: str, value: Json, rule: Mapping[str, Json]) -> Wrong | None:
    """Hold a number to the limits that the connector knows, such as those of a page's size."""
    if text(rule, "type") not in _SIZED or rule.get("array") is True or is_object(value):
        return None
    bounds = mapping(rule, "rules")
    if not re.fullmatch(r"-?\d+(\.\d+)?", str(value)):
        return Wrong(400, f"{name} is not a number.")
    number = float(str(value))
    low, high = bounds.get("min"), bounds.get("max")
    if isinstance(low, int | float) and number < low:
        return Wrong(400, f"{name} must be at least {low}.")
    if isinstance(high, int | float) and number > high:
        return Wrong(400, f"{name} must be at most {high}.")
    return None


def missing_scopes(
    connector: Connector, required: Collection[str], granted: Collection[str]
) -> list[str]:
    """Return the scopes that are required, and neither granted nor part of one that is."""
    held = set(granted)
    included = {each.name: each.includes for each in connector.scope_definitions}
    for _ in included:
        held |= {inner for scope in held for inner in included.get(scope, ())}
    return [each for each in required if each not in held]


@dataclass(slots=True)
class _Level:
    value: float
    at: datetime


@dataclass(slots=True)
class Limits:
    """The provider's rates, as the connector keeps them: each a bucket that leaks."""

    connector: Connector
    _levels: dict[str, _Level] = field(default_factory=dict[str, _Level])

    def admits(self, request: Request, now: datetime) -> bool:
        """Count a request, unless it is one too many."""
        limits = mapping(self.connector.compilation.document, "rateLimit")
        pools = [("", limits.get("mainRatelimit"), "second")]
        for pool in items(limits, "subPools"):
            methods = [str(each).upper() for each in pool.get("methods") or ()]
            is_meant = not methods or request.method in methods
            if is_meant and re.search(text(pool, "urlPattern"), request.target):
                pools.append(
                    (text(pool, "subPoolKey"), pool.get("rateLimit"), text(pool, "per") or "second")
                )
        return all(
            self._pour(name, rate, _SECONDS.get(per, 1), now)
            for name, rate, per in pools
            if isinstance(rate, int | float) and rate > 0
        )

    def clear(self) -> None:
        self._levels.clear()

    def _pour(self, name: str, rate: float, seconds: float, now: datetime) -> bool:
        # A client that keeps to the rate is never refused: it may be early by as much again.
        level = self._levels.setdefault(name, _Level(0.0, now))
        leaked = (now - level.at).total_seconds() * rate / seconds
        level.value, level.at = max(0.0, level.value - leaked), now
        if level.value + 1 > 2 * rate:
            return False
        level.value += 1
        return True

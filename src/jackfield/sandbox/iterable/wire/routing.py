"""Routes as plain functions: what a handler takes is what its signature says.

A handler gets the `Call` first and then the path's parameters in their order, as texts or numbers.
A parameter called `body` or `query` is read from the request as the struct it is annotated with.
"""

import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final, TypeAlias

from jackfield.sandbox.iterable.access.buckets import Limit
from jackfield.sandbox.iterable.access.jwt import Claims, mismatched
from jackfield.sandbox.iterable.access.keys import SERVER_ONLY, KeyKind
from jackfield.sandbox.iterable.refusals import Refusal, bad_params, refusal
from jackfield.sandbox.iterable.wire.bodies import BadBody, json_fault, read_body
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.queries import read_query

Handler: TypeAlias = Callable[..., object]

_TOO_LARGE: Final = "The request body is too large"
_NUMBER: Final = re.compile(r"-?[0-9]{1,18}")


class Effect(StrEnum):
    """What a call does; a send may message real people."""

    READ = "read"
    WRITE = "write"
    DELETE = "delete"
    SEND = "send"


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the table."""

    method: str
    path: str
    handler: Handler
    effect: Effect
    limits: tuple[Limit, ...] = ()
    client_side: frozenset[KeyKind] = SERVER_ONLY
    bad_body: Callable[[str, BadBody], Refusal] = json_fault
    largest_body: int = 16_000_000

    def compile(self) -> "Endpoint":
        _, *taken = inspect.signature(self.handler, eval_str=True).parameters.values()
        return Endpoint(
            self,
            body=next((each.annotation for each in taken if each.name == "body"), None),
            query=next((each.annotation for each in taken if each.name == "query"), None),
            segments=tuple(each.annotation for each in taken if each.name not in {"body", "query"}),
        )


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A route whose handler's signature has been read."""

    route: Route
    body: Any
    query: Any
    segments: tuple[type, ...]

    def answer(self, call: Call, segments: Sequence[str], body: bytes) -> object:
        """
        Read the parameters and call the handler.

        Raises:
            Refusal: a parameter is not what the handler takes, or the handler refused.
        """
        if len(body) > self.route.largest_body:
            raise refusal(HTTPStatus.BAD_REQUEST, "BatchTooLarge", _TOO_LARGE)
        placed = [_segment(*each) for each in zip(segments, self.segments, strict=True)]
        given: dict[str, object] = {}
        if self.query is not None:
            given["query"] = read_query(call.query, self.query)
        if self.body is not None:
            try:
                given["body"] = read_body(body, self.body)
            except BadBody as fault:
                raise self.route.bad_body(call.path, fault) from fault
        if call.claims is not None:
            for struct in given.values():
                _require_same_user(call.claims, struct)
        return self.route.handler(call, *placed, **given)


def get(
    path: str,
    handler: Handler,
    *limits: Limit,
    client_side: frozenset[KeyKind] = SERVER_ONLY,
) -> Route:
    return Route("GET", path, handler, Effect.READ, limits, client_side)


def post(
    path: str,
    handler: Handler,
    *limits: Limit,
    effect: Effect = Effect.WRITE,
    client_side: frozenset[KeyKind] = SERVER_ONLY,
) -> Route:
    return Route("POST", path, handler, effect, limits, client_side)


def put(path: str, handler: Handler, *limits: Limit) -> Route:
    return Route("PUT", path, handler, Effect.WRITE, limits)


def patch(path: str, handler: Handler, *limits: Limit) -> Route:
    return Route("PATCH", path, handler, Effect.WRITE, limits)


def delete(path: str, handler: Handler, *limits: Limit, effect: Effect = Effect.DELETE) -> Route:
    return Route("DELETE", path, handler, effect, limits)


def _require_same_user(claims: Claims, parameters: object) -> None:
    """Let a token speak only for the user it names."""
    for mine, name in ((claims.email, "email"), (claims.user_id, "user_id")):
        asked = getattr(parameters, name, None) or getattr(
            getattr(parameters, "user", None), name, None
        )
        if mine is not None and asked is not None and mine != asked:
            raise mismatched()


def _segment(text: str, type_: type) -> object:
    if type_ is str:
        return text
    if not _NUMBER.fullmatch(text):
        msg = f"Cannot parse parameter {text} as Long"
        raise bad_params(msg)
    return int(text)

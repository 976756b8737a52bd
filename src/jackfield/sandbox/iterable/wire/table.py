"""
Route table: method and path to route.

One tree of path segments for each method, because a path may be free under one method and taken
under another: `GET /api/users/byUserId` is a route of its own, `DELETE /api/users/byUserId` is the
deletion of a user of that name. A literal segment goes before a parameter.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote

from jackfield.sandbox.iterable.wire.routing import Endpoint, Route


@dataclass(frozen=True, slots=True)
class Match:
    endpoint: Endpoint
    segments: tuple[str, ...]


@dataclass(slots=True)
class _Node:
    literal: dict[str, Self] = field(default_factory=dict[str, Self])
    parameter: Self | None = None
    endpoint: Endpoint | None = None


class Table:
    """All routes, found by the path's segments."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._roots: dict[str, _Node] = {}
        for route in routes:
            node = self._roots.setdefault(route.method, _Node())
            for segment in _split(route.path):
                node = _step(node, segment)
            assert node.endpoint is None, route
            node.endpoint = route.compile()

    def find(self, method: str, path: str) -> Match | None:
        """Find the route for a percent-encoded path."""
        root = self._roots.get(method)
        segments = [unquote(segment) for segment in _split(path)]
        taken: list[str] = []
        endpoint = _walk(root, segments, taken) if root is not None else None
        if endpoint is None:
            return None
        return Match(endpoint, tuple(taken))


def _split(path: str) -> list[str]:
    return path.removeprefix("/").split("/")


def _step(node: _Node, segment: str) -> _Node:
    if not segment.startswith("{"):
        return node.literal.setdefault(segment, _Node())
    if node.parameter is None:
        node.parameter = _Node()
    return node.parameter


def _walk(node: _Node, segments: list[str], taken: list[str]) -> Endpoint | None:
    if not segments:
        return node.endpoint
    first, *rest = segments
    literal = node.literal.get(first)
    found = _walk(literal, rest, taken) if literal is not None else None
    if found is not None or node.parameter is None or not first:
        return found
    taken.append(first)
    found = _walk(node.parameter, rest, taken)
    if found is None:
        taken.pop()
    return found

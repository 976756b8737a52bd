"""Operations of an OpenAPI document, and the choice of some of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Final

from jackfield.connectors.openapi.document import OpenApi, pointer
from jackfield.connectors.openapi.names import distinct, is_spelled, snake_case
from jackfield.kit.errors import InvalidRequest
from jackfield.kit.json import Json, text

# What the format calls an operation by its method: the type of an action, and its effect.
METHODS: Final = {
    "get": ("get", "read"),
    "post": ("create", "write"),
    "put": ("update", "write"),
    "patch": ("update", "write"),
    "delete": ("delete", "delete"),
}
_OTHERS: Final = frozenset({"head", "options", "trace", "query"})
_NEAREST: Final = 3


class UnknownOperations(InvalidRequest):
    """The document has no operation of a name that was asked for."""

    code = "unknown_operations"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: `shared` is what its path says of all of them."""

    name: str
    path: str
    method: str
    shared: Mapping[str, Json]
    document: Mapping[str, Json]

    @property
    def operation_id(self) -> str:
        return text(self.document, "operationId")

    @property
    def sent_path(self) -> str:
        """Some documents tell operations of one path apart by a fragment, which is never sent."""
        return sent_path(self.path)

    @property
    def place(self) -> str:
        return f"#{pointer('paths', self.path, self.method)}"


def read_operations(api: OpenApi, *, longest: int) -> list[Operation]:
    """Return the operations that can be actions, each with a name of its own."""
    found = {
        (path, method): (shared, api.follow(shared[method]))
        for path, entry in api.paths.items()
        for shared in [api.follow(entry)]
        for method in METHODS
        if isinstance(shared.get(method), Mapping)
    }
    names = distinct(
        {key: wanted_name(*key, operation) for key, (_, operation) in found.items()},
        longest=longest,
    )
    return [Operation(names[key], *key, *documents) for key, documents in found.items()]


def wanted_name(path: str, method: str, operation: Mapping[str, Json]) -> str:
    """Return an operation's name if no other has it."""
    known = text(operation, "operationId")
    return snake_case(known if is_spelled(known) else f"{method} {sent_path(path)}")


def sent_path(path: str) -> str:
    return path.partition("#")[0]


def choose(api: OpenApi, operations: Sequence[Operation], wanted: Sequence[str]) -> list[Operation]:
    """
    Return the operations that `wanted` names, and leave the others out of the document.

    A name is an operation's id, the name of its action, or a pattern such as `list*`.

    Raises:
        UnknownOperations: a name fits none of them.
    """
    if not wanted:
        msg = "no operations are named"
        raise UnknownOperations(msg)
    known = {each.operation_id or each.name: each for each in operations}
    unknown = [each for each in wanted if not any(_fits(one, each) for one in operations)]
    if unknown:
        said = "; ".join(_unknown(each, [*known]) for each in unknown)
        raise UnknownOperations(said)
    chosen = [one for one in operations if any(_fits(one, each) for each in wanted)]
    kept = {(each.path, each.method) for each in chosen}
    api.paths = {
        path: {
            key: value
            for key, value in shared.items()
            if key not in METHODS.keys() | _OTHERS or (path, key) in kept
        }
        for path, shared in ((each.path, each.shared) for each in chosen)
    }
    return chosen


def doubt_operations(api: OpenApi, operations: Sequence[Operation]) -> None:
    """Tell of operations that become no action, and of those that cannot be told apart."""
    for path, entry in api.paths.items():
        for method in sorted(_OTHERS.intersection(api.follow(entry))):
            api.doubt(f"{method} {path} is left out: no action has that method")
    for operation_id, same in _by_id(operations):
        if len(same) > 1:
            named = ", ".join(f"{each.name} ({each.place})" for each in same)
            api.doubt(f"the operationId {operation_id!r} is not the only one: {named}")


def _by_id(operations: Sequence[Operation]) -> Iterator[tuple[str, list[Operation]]]:
    found: dict[str, list[Operation]] = {}
    for each in operations:
        if each.operation_id:
            found.setdefault(each.operation_id, []).append(each)
    yield from found.items()


def _fits(operation: Operation, wanted: str) -> bool:
    names = {operation.operation_id, operation.name} - {""}
    return any(fnmatchcase(name, wanted) for name in names) or wanted in names


def _unknown(wanted: str, known: Sequence[str]) -> str:
    lower = {each.lower(): each for each in known}
    near = get_close_matches(wanted.lower(), lower, n=_NEAREST, cutoff=0.5)
    hint = f"; the nearest are {', '.join(lower[each] for each in near)}" if near else ""
    return f"no operation is called {wanted!r}{hint}"

"""Syntax tree of a JEXL expression."""

from dataclasses import dataclass
from typing import TypeAlias

from jackfield.kit.json import Json


@dataclass(frozen=True, slots=True)
class Literal:
    value: Json


@dataclass(frozen=True, slots=True)
class Identifier:
    """A name in the scope, in the filter's element (`relative`), or in the value of `source`."""

    name: str
    source: "Node | None" = None
    relative: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """`subject[test]`: a filter if the test refers to the elements, else an index."""

    subject: "Node"
    test: "Node | None"
    relative: bool


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    arguments: "tuple[Node, ...]"
    position: int
    known: bool = True


@dataclass(frozen=True, slots=True)
class Not:
    operand: "Node"


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Conditional:
    """`test ? then : otherwise`; without `then`, the test's own value."""

    test: "Node"
    then: "Node | None"
    otherwise: "Node | None"


@dataclass(frozen=True, slots=True)
class ListLiteral:
    items: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class ObjectLiteral:
    entries: "tuple[tuple[str, Node | None], ...]"


Node: TypeAlias = (
    Literal | Identifier | Filter | Call | Not | Binary | Conditional | ListLiteral | ObjectLiteral
)

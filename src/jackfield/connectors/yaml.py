"""
YAML 1.2 parser of connector documents: plain values with their positions.

libyaml reads the text into nodes; what a scalar means is decided here, because PyYAML follows
YAML 1.1, where `no` is false and `1:30` a number. A document may come from a stranger: its depth, its
size and what its aliases unfold to are bounded.
"""

import math
import re
import sys
from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, cast

from yaml import MappingNode, MarkedYAMLError, Node, ScalarNode, SequenceNode
from yaml._yaml import CParser
from yaml.reader import ReaderError

from jackfield.engine.schema.report import KeyPath
from jackfield.kit.json import DecodeError, Json, is_deep
from jackfield.kit.json import parse as parse_json

MAX_DEPTH: Final = 100
MAX_VALUES: Final = 1_000_000

# The tag of a node without an explicit one.
_OPEN: Final = ""
_STRING_TAG: Final = "tag:yaml.org,2002:str"
_CORE_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float")
)
_COLLECTION_TAGS: Final = frozenset({_OPEN, "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})
_WORDS: Final[dict[str, Json]] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_NUMBER_START: Final = frozenset("+-.0123456789")
_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,400}")
_RADIX: Final = re.compile(r"0(?:o[0-7]{1,400}|x[0-9a-fA-F]{1,400})")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_LARGEST: Final = 2**63
# A version, a code or an id that somebody forgot to quote, more often than a number.
_RESPELT: Final = re.compile(r"[-+]?(?:0[0-9]+|[0-9]+\.[0-9]*[1-9]0+)")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in the text; both count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class YamlFault:
    place: Place
    message: str


class Malformed(ValueError):
    """The text is not a YAML document, or not one of a reasonable size."""

    def __init__(self, fault: YamlFault) -> None:
        super().__init__(f"line {fault.place.line}, column {fault.place.column}: {fault.message}")
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed text: its value, the nodes with their places, and the faults of single ones.

    `doubts` are about values that are probably meant otherwise.
    """

    value: Json
    faults: tuple[YamlFault, ...]
    doubts: tuple[YamlFault, ...]
    root: Node | None

    def value_place(self, path: KeyPath) -> Place:
        """Return the place of the value at `path`, or of the nearest existing parent."""
        return _place(self._descend(path)[1])

    def key_place(self, path: KeyPath) -> Place:
        """Return the place of the last key of `path`, or of the nearest existing parent."""
        return _place(self._descend(path)[0])

    def _descend(self, path: KeyPath) -> tuple[Node | None, Node | None]:
        key = node = self.root
        for part in path:
            found = _child(node, part)
            if found is None:
                break
            key, node = found
        return key, node


def parse(text: str) -> Document:
    """
    Read one document.

    Raises:
        Malformed: it is not YAML, too deep or too large.
    """
    root = _compose(text)
    construction = _Construction()
    value = None if root is None else construction.build(root)
    return Document(value, tuple(construction.faults), tuple(construction.doubts), root)


def read_any(content: bytes) -> Json:
    """
    Return the value of a JSON or YAML file.

    JSON is read as such: YAML takes long for it, and has no pairs of surrogates.

    Raises:
        Malformed: it is neither, too deep or too large.
        UnicodeDecodeError: it is not UTF-8.
    """
    content = content.removeprefix(BOM_UTF8)
    try:
        if not is_deep(content):
            return parse_json(content)
    except DecodeError:
        pass
    return parse(content.decode()).value


class _Composer(CParser):
    """libyaml's parser. It calls these hooks for every node, and recurses on the C stack."""

    _depth = 0

    def descend_resolver(self, parent: Node | None, _index: object) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            msg = f"The document is nested more than {MAX_DEPTH} levels deep."
            raise Malformed(YamlFault(_place(parent), msg))

    def ascend_resolver(self) -> None:
        self._depth -= 1

    def resolve(self, _kind: type[Node], _value: object, _implicit: object) -> str:
        return _OPEN


def _compose(text: str) -> Node | None:
    try:
        return _Composer(text).get_single_node()
    except MarkedYAMLError as error:
        raise Malformed(YamlFault(_place_of_error(error), _sentence(error))) from error
    except ReaderError as error:
        place = _place_of_offset(text, error.position)
        msg = "The file has a control character, which YAML does not allow."
        raise Malformed(YamlFault(place, msg)) from error
    except UnicodeEncodeError as error:
        place = _place_of_offset(text, error.start)
        msg = "The file has half of a surrogate pair, which is not text."
        raise Malformed(YamlFault(place, msg)) from error


def _place_of_error(error: MarkedYAMLError) -> Place:
    # An unclosed bracket is noticed only at the end; report where it was opened.
    is_unclosed = "flow" in (error.context or "")
    mark = error.context_mark if is_unclosed else error.problem_mark or error.context_mark
    return Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)


def _sentence(error: MarkedYAMLError) -> str:
    parts = [part for part in (error.context, error.problem) if part]
    return f"Invalid YAML {', '.join(parts)}."


def _place_of_offset(text: str, offset: int) -> Place:
    before = text[:offset]
    return Place(before.count("\n") + 1, offset - before.rfind("\n"))


class _Construction:
    """Builds values from nodes, and collects the faults of keys and values."""

    def __init__(self) -> None:
        self.faults: list[YamlFault] = []
        self.doubts: list[YamlFault] = []
        self._left = MAX_VALUES
        self._depth = 0

    def build(self, node: Node) -> Json:
        self._left -= 1
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        self._enter(node)
        value = self._mapping(node) if isinstance(node, MappingNode) else self._sequence(node)
        self._depth -= 1
        return value

    def _enter(self, node: Node) -> None:
        # An alias is built again at each use, so these limits bound the expansion of aliases.
        self._depth += 1
        if self._depth > MAX_DEPTH:
            msg = f"The aliases unfold to more than {MAX_DEPTH} levels."
            raise Malformed(YamlFault(_place(node), msg))
        if self._left < 0:
            msg = f"The document holds more than {MAX_VALUES:,} values."
            raise Malformed(YamlFault(_place(node), msg))
        if node.tag not in _COLLECTION_TAGS:
            self._report(node, f"The tag {node.tag!r} is not supported.")

    def _sequence(self, node: Node) -> list[Json]:
        return [self.build(item) for item in cast("list[Node]", node.value)]

    def _mapping(self, node: MappingNode) -> dict[str, Json]:
        value: dict[str, Json] = {}
        merged: list[Node] = []
        for key_node, value_node in _entries(node):
            key = self._key(key_node)
            if key is None:
                continue
            if key == "<<" and isinstance(key_node, ScalarNode) and not key_node.style:
                merged.append(value_node)
                continue
            if key in value:
                self._report(key_node, f"The key {key!r} occurs twice.")
            value[key] = self.build(value_node)
        for source in merged:
            self._merge(value, source)
        return value

    def _merge(self, target: dict[str, Json], source: Node) -> None:
        """Add the keys of `source` (a mapping or a list of them) that `target` lacks."""
        built = self.build(source)
        for mapping in cast("list[Json]", built if isinstance(built, list) else [built]):
            if not isinstance(mapping, dict):
                self._report(source, "A merge key '<<' takes a mapping, or a list of mappings.")
                continue
            for key, value in cast("dict[str, Json]", mapping).items():
                target.setdefault(key, value)

    def _key(self, node: Node) -> str | None:
        if isinstance(node, ScalarNode):
            return sys.intern(node.value)
        self._report(node, "A key must be a text.")
        return None

    def _scalar(self, node: ScalarNode) -> Json:
        text: str = node.value
        tag = node.tag
        if (tag == _OPEN and not node.style) or tag in _CORE_TAGS:
            value = plain_scalar(text)
            if isinstance(value, float) and not math.isfinite(value):
                self._report(node, "The number is not finite. Put it in quotes if it is a text.")
            elif tag == _OPEN and _is_respelt(text, value):
                msg = f"{text} is read as the number {value}. Put it in quotes if it is a text."
                self.doubts.append(YamlFault(_place(node), msg))
            return value
        if tag == _OPEN:
            return text
        if tag not in {_STRING_TAG, "!"}:
            self._report(node, f"The tag {tag!r} is not supported.")
        return text

    def _report(self, node: Node, message: str) -> None:
        self.faults.append(YamlFault(_place(node), message))


def plain_scalar(text: str) -> Json:
    """Return the value of an unquoted scalar in YAML 1.2's core schema."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_START:
        return text
    if _INTEGER.fullmatch(text):
        return _number(int(text))
    if _RADIX.fullmatch(text):
        return _number(int(text, 0))
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def _is_respelt(text: str, value: Json) -> bool:
    """Tell whether a number is not written as the text was, and may have lost digits."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return bool(_RESPELT.fullmatch(text)) or (isinstance(value, float) and text.isdecimal())


def _number(number: int) -> int | float:
    """Return an integer beyond 64 bits as the float that JSON readers make of it."""
    if -_LARGEST <= number < _LARGEST:
        return number
    try:
        return float(number)
    except OverflowError:
        return math.inf


def _entries(node: Node) -> Iterator[tuple[Node, Node]]:
    yield from cast("list[tuple[Node, Node]]", node.value)


def _child(node: Node | None, part: str | int) -> tuple[Node, Node] | None:
    """Return the key and value nodes below `node`; of a list's item, the item twice."""
    if isinstance(node, SequenceNode) and isinstance(part, int):
        items = cast("list[Node]", node.value)
        return (items[part], items[part]) if part < len(items) else None
    if not isinstance(node, MappingNode):
        return None
    merged: list[Node] = []
    found = None
    for key, value in _entries(node):
        if key.value == part:
            found = key, value
        elif key.value == "<<":
            merged.extend(
                cast("list[Node]", value.value) if isinstance(value, SequenceNode) else [value]
            )
    if found is not None:
        return found
    return next((hit for source in merged if (hit := _child(source, part))), None)


def _place(node: Node | None) -> Place:
    if node is None:
        return Place(1, 1)
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)

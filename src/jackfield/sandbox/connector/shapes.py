"""The shape of an endpoint's answer: the whole body, and where in it the resource is."""

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Final

from jackfield.connectors.schema.outline import EACH
from jackfield.engine.wire.body import is_xml
from jackfield.kit.json import Json, as_object, is_list, is_object, mapping, text
from jackfield.sandbox.connector.endpoints import Endpoint
from jackfield.sandbox.connector.envelopes import XML, read_answer
from jackfield.sandbox.connector.examples import Examples
from jackfield.sandbox.connector.nouns import is_plural
from jackfield.sandbox.connector.sent import reply_of
from jackfield.sandbox.connector.values import complete, fits, invent
from jackfield.sandbox.replies import Reply
from jackfield.testing.case_files import Answer

_EXPRESSION: Final = re.compile(r"[\[({*]")
_OWN_DATA: Final = ("$.steps.", ".output.data")


@dataclass(frozen=True, eq=False)
class Shape:
    """An answer as it is without anything stored.

    `path` leads to the resource: to one row, or with `is_list` to several. `row` is one of them, and
    `outline` the outline of one; there is no row where the data is no resource.
    """

    answer: Answer
    path: tuple[str, ...]
    row: Mapping[str, Json] | None
    outline: Json
    is_list: bool
    is_soap: bool = False

    def reply(self, content: Json, headers: Mapping[str, str] | None = None) -> Reply:
        """Return the answer with this content."""
        return reply_of(self.answer, content, headers, is_soap=self.is_soap)

    def filled(self, rows: Sequence[Mapping[str, Json]]) -> Json:
        """Return the body with these rows in it; the others of a single one are left out."""
        content: Json = list(rows) if self.is_list else (rows[0] if rows else None)
        return put(deepcopy(self.answer.json), self.path, content)

    def fitted(self, stored: Mapping[str, Json], *, is_whole: bool) -> dict[str, Json]:
        """
        Return a stored row as this answer has it: members of other types are the shape's own.

        Unless it `is_whole`, it has those of the shape alone.
        """
        own = as_object(self.row)
        members = self.outline if is_object(self.outline) else {}
        names = [*own, *(each for each in stored if is_whole and each not in own)]
        return {name: _fitting(stored.get(name), name, stored, own, members) for name in names}


def _fitting(
    value: Json,
    name: str,
    stored: Mapping[str, Json],
    own: Mapping[str, Json],
    outline: Mapping[str, Json],
) -> Json:
    if name not in stored:
        return deepcopy(own[name])
    is_right = is_alike(value, own.get(name)) and fits(value, outline.get(name))
    return value if is_right or name not in own else deepcopy(own[name])


def is_alike(value: Json, other: Json) -> bool:
    """Return whether two values are of one type, and lists of rows of one type; null is of any."""
    if value is None or other is None:
        return True
    if is_list(value) and is_list(other):
        return not value or not other or is_alike(value[0], other[0])
    numbers = (int, float)
    if isinstance(value, numbers) and isinstance(other, numbers):
        return isinstance(value, bool) == isinstance(other, bool)
    return type(value) is type(other)


def read_shape(endpoint: Endpoint, noun: str, examples: Examples) -> Shape:
    """Return what an endpoint answers, from an example if there is one, and else its outline."""
    example = _readable(examples.answer(endpoint), endpoint)
    path = split_path(endpoint.data_key)
    outline = endpoint.outline if _gives_data_back(endpoint) else None
    seed = f"{endpoint.action}/{noun}"
    if example is not None and _EXPRESSION.search(endpoint.data_key):
        # Where the data is in it is worked out.
        return Shape(example, (), None, None, is_list=False, is_soap=endpoint.is_soap)
    data: Json = None
    if example is None:
        data = None if outline is None else invent(outline, noun, seed)
        if endpoint.is_soap:
            path = path or (f"{endpoint.operation or 'Operation'}Response",)
            data = data or {}
        has_body = data is not None or bool(path)
        example = Answer(json=put({}, path, data) if has_body else None)
    elif example.json is not None:
        data = complete(dig(example.json, path), outline, noun, seed)
        if endpoint.is_soap and endpoint.iterator and is_object(data):
            # XML does not show that there could have been several.
            data = [data]
        example = Answer(example.status, example.headers, put(deepcopy(example.json), path, data))
    where, is_list_of = _place(endpoint, noun, data)
    found = dig(data, where)
    row = found[0] if is_list(found) and found else found
    inner = outline
    for name in where:
        inner = inner.get(name) if is_object(inner) else None
    if is_list(inner):
        inner = inner[0]
    is_map = is_object(inner) and EACH in inner
    kept = row if is_object(row) and not is_map else None
    return Shape(example, (*path, *where), kept, inner, is_list_of, endpoint.is_soap)


def _readable(example: Answer | None, endpoint: Endpoint) -> Answer | None:
    """Return an answer in XML with its content, so that it can be another one."""
    if example is None or example.text is None:
        return example
    headers = {name.lower(): value for name, value in example.headers.items()}
    kind = headers.get("content-type", "")
    if not endpoint.is_soap and not is_xml(kind):
        return example
    try:
        content = read_answer(example.text, is_soap=endpoint.is_soap)
    except ValueError:
        return example
    return Answer(example.status, {**headers, "content-type": kind or XML}, content)


def _gives_data_back(endpoint: Endpoint) -> bool:
    data = text(mapping(endpoint.document, "result"), "data")
    before, after = _OWN_DATA
    return data.startswith(before) and data.endswith(after) and data.count(".") == 4  # noqa: PLR2004 - dots of these


def _place(endpoint: Endpoint, noun: str, data: Json) -> tuple[tuple[str, ...], bool]:
    """Return where in an answer's data the resource is, and whether there are several."""
    if is_list(data):
        return (), True
    if not is_object(data):
        return (), False
    several = [
        name for name, value in data.items() if is_list(value) and value and is_object(value[0])
    ]
    wants_several = endpoint.kind == "list" or is_plural(endpoint.action)
    if wants_several and len(several) == 1:
        return (several[0],), True
    last = noun.rpartition("_")[2]
    objects = {name.lower(): name for name, value in data.items() if is_object(value)}
    named = next((objects[each] for each in (noun, last) if each in objects), None)
    return ((named,), False) if named else ((), False)


def split_path(key: str) -> tuple[str, ...]:
    """Split a plain path; an expression has no parts."""
    if not key or key.startswith("{{"):
        return ()
    return tuple(each for each in key.removeprefix("$.").split(".") if each)


def dig(value: Json, path: Sequence[str]) -> Json:
    for name in path:
        value = value.get(name) if is_object(value) else None
    return value


def put(whole: Json, path: Sequence[str], value: Json) -> Json:
    """Return a body with a value at a path."""
    if not path:
        return value
    inner = whole if is_object(whole) else {}
    inner[path[0]] = put(inner.get(path[0]), path[1:], value)
    return inner

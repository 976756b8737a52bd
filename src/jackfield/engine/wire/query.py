"""Query strings and forms: encoding of names, lists and objects."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, Literal, TypeAlias
from urllib.parse import quote_plus

from msgspec import Struct, field

from jackfield.engine.expressions import js, strict_values
from jackfield.engine.expressions.meter import visit
from jackfield.engine.undefined import UNDEFINED
from jackfield.engine.wire.json import encode_text
from jackfield.engine.wire.url import escape
from jackfield.kit.json import Json, is_list, is_object

ArrayFormat: TypeAlias = Literal["repeat", "brackets", "comma", "stringify"]
Pairs: TypeAlias = Iterator[tuple[str, str]]

# Parameters without a format come first, then the others by format.
_GROUPS: Final = (None, "repeat", "brackets", "comma", "stringify")
_DEEPEST: Final = 32
_CHARACTERS_A_VISIT: Final = 64
_CHARACTERS_A_PIECE: Final = 65_536


class Query(Struct):
    """The parameters of one request, in order; a repeated name has a list."""

    values: dict[str, str | list[str]] = field(default_factory=dict[str, "str | list[str]"])
    formats: dict[str, ArrayFormat] = field(default_factory=dict[str, ArrayFormat])

    def add(self, name: str, value: Json, array_format: ArrayFormat | None = None) -> None:
        text = [js.to_text(item) for item in value] if is_list(value) else js.to_text(value)
        if array_format is not None:
            text = _as_list(text)
        if name in self.values:
            text = _as_list(self.values[name]) + _as_list(text)
        self.values[name] = text
        if array_format is not None:
            self.formats[name] = array_format

    def add_styled(self, name: str, value: Json, array_format: ArrayFormat | None) -> None:
        """Add a value that may be an object, written the way the format writes lists."""
        if array_format == "stringify" and isinstance(value, list | dict):
            self.add(name, encode_text(value))
        elif array_format == "comma" and is_object(value):
            self.add(
                name,
                [strict_values.to_text(part) for entry in value.items() for part in entry],
                "comma",
            )
        elif is_object(value) or (array_format == "brackets" and _holds_objects(value)):
            for key, text in flatten_form({name: value} if array_format == "brackets" else value):
                self.add(key, text, "repeat")
        elif is_list(value):
            self.add(name, [strict_values.to_text(item) for item in value], array_format)
        else:
            self.add(name, strict_values.to_text(value), array_format)

    def put(self, name: str, value: Json) -> None:
        """Give a parameter in place of what was given under its name, in any case."""
        for known in [each for each in self.values if each.casefold() == name.casefold()]:
            del self.values[known]
            self.formats.pop(known, None)
        self.add(name, value)

    def encode(self, *, escaped: bool = True) -> str:
        write = escape if escaped else str
        if not self.formats:
            return _joined(self._pairs(None), write)
        return "&".join(filter(None, (_joined(self._pairs(group), write) for group in _GROUPS)))

    def _pairs(self, group: str | None) -> Pairs:
        for name, value in self.values.items():
            if self.formats.get(name) != group:
                continue
            if isinstance(value, str):
                yield name, value
            elif group == "comma":
                if value:
                    yield name, ",".join(value)
            elif group == "stringify":
                yield name, encode_text(value)
            else:
                for index, item in enumerate(value):
                    yield _item_name(name, index, group), item


def encode_indexed(body: Mapping[str, Json]) -> str:
    """Encode a form with numbered lists: `l[0]=a&o[k]=v`, spaces as `%20`."""
    return _joined(_nested(body, "", flat_lists=False, nulls=True), escape)


def encode_bracketed(body: Mapping[str, Json]) -> str:
    """Encode a form with repeated lists: `l[]=a&o[k]=v`, spaces as `+`."""
    return _joined(flatten_form(body), _plus)


def flatten_form(body: Mapping[str, Json]) -> Pairs:
    """Return the fields of a form, one for each value: `l[]`, `o[k]`."""
    return _nested(body, "", flat_lists=True, nulls=False)


def _nested(value: Json, prefix: str, *, flat_lists: bool, nulls: bool, depth: int = 0) -> Pairs:
    if depth > _DEEPEST:
        return
    if is_object(value):
        entries = list(value.items())
    elif flat_lists and depth == 1 and not any(isinstance(item, dict | list) for item in value):
        yield from (
            (f"{prefix}[]", strict_values.to_text(item)) for item in value if item is not None
        )
        return
    else:
        entries = [(str(index), item) for index, item in enumerate(value)]
    for key, item in entries:
        name = f"{prefix}[{key}]" if prefix else key
        if isinstance(item, dict | list):
            yield from _nested(item, name, flat_lists=flat_lists, nulls=nulls, depth=depth + 1)
        elif item is None:
            if nulls:
                yield name, ""
        elif item is not UNDEFINED:
            text = strict_values.to_text(item)
            visit(1 + (len(name) + len(text)) // _CHARACTERS_A_VISIT)
            yield name, text


def _holds_objects(value: Json) -> bool:
    return is_list(value) and any(isinstance(item, dict | list) for item in value)


def _item_name(name: str, index: int, group: str | None) -> str:
    if group == "repeat":
        return name
    return f"{name}[]" if group == "brackets" else f"{name}[{index}]"


def _joined(pairs: Pairs, write: Callable[[str], str]) -> str:
    return "&".join(f"{write(name)}={write(value)}" for name, value in pairs)


def _plus(text: str) -> str:
    # In pieces, since a text of millions is joined in one step that lets no other thread run.
    starts = range(0, len(text), _CHARACTERS_A_PIECE)
    return "".join(_plus_piece(text[start : start + _CHARACTERS_A_PIECE]) for start in starts)


def _plus_piece(text: str) -> str:
    # The characters a browser's form encoder leaves alone, `*` among them; `~` is not.
    return quote_plus(text, safe="*", errors="replace").replace("~", "%7E")


def _as_list(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]

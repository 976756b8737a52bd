"""Query parameters decoded into a struct, in each list style of published clients."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import EnumType
from functools import cache
from typing import Final, Literal, TypeVar, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl, unquote_plus

import msgspec

from jackfield.kit.decoding import as_sentence, fault_of
from jackfield.kit.errors import Fault, InvalidRequest
from jackfield.kit.json import ValidationError, convert

_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_LAST: Final = datetime.max.replace(tzinfo=UTC)

T = TypeVar("T", bound=msgspec.Struct)

VERBATIM: Final = msgspec.Meta(extra={"verbatim": True})


def parse_query(text: str, type_: type[T]) -> T:
    """
    Read the query string `text` as a `type_`; parameters it does not name are ignored.

    A list may be repeated keys (`a=1&a=2`, `a[]=1&a[]=2`) or commas (`a=1,2`). Blank is absent.
    `filter[a]=1` is the same as `a=1`. A list that is `VERBATIM` holds texts of others' making: an
    escaped comma or blank is part of one.

    Raises:
        InvalidRequest: a value is not of the type its parameter has.
    """
    if not text and not _needs_some(type_):
        return _of_nothing(type_)
    by_name: dict[str, list[str]] = {}
    escaped: dict[str, list[str]] = {}
    for pair in text.split("&"):
        for name, value in parse_qsl(pair):
            known = name.removesuffix("[]")
            by_name.setdefault(known, []).append(value)
            escaped.setdefault(known, []).append(pair.partition("=")[2])

    values: dict[str, object] = {}
    for name, is_list, is_verbatim in _parameters(type_):
        texts = by_name.get(name) or by_name.get(f"filter[{name}]")
        if is_verbatim and name in escaped:
            parts = (part for value in escaped[name] for part in value.split(","))
            values[name] = [unquote_plus(part) for part in parts if part]
        elif texts is not None:
            values[name] = _split(texts) if is_list else texts[-1]
    try:
        return convert(values, type_)
    except ValidationError as error:
        found = fault_of(error)
        fault = Fault(f"query.{found.path}", found.message + _choices(found.path, type_))
        raise InvalidRequest(as_sentence(fault, fault.path), faults=[fault]) from None


def aware(moment: datetime | None) -> datetime | None:
    """
    Return a time in UTC, which it is in if it names no zone: published clients leave it out.

    Before the first moment that there is and after the last one, it is that.
    """
    if moment is None or moment.tzinfo is None:
        return moment and moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return _FIRST if moment.year == 1 else _LAST


def past(moment: datetime | None) -> datetime | None:
    """Return the first millisecond after `moment`: lists include their end."""
    end = aware(moment)
    try:
        return None if end is None else end + timedelta(milliseconds=1)
    except OverflowError:
        return end


@cache
def _needs_some(type_: type[msgspec.Struct]) -> bool:
    return any(field.required for field in msgspec.structs.fields(type_))


@cache
def _of_nothing(type_: type[T]) -> T:
    return convert({}, type_)


@cache
def _parameters(type_: type[msgspec.Struct]) -> tuple[tuple[str, bool, bool], ...]:
    """Return the name of each parameter, whether it is a list, and one that is `VERBATIM`."""
    hints, full = get_type_hints(type_), get_type_hints(type_, include_extras=True)
    return tuple(
        (
            field.encode_name,
            _is_list(hints[field.name]),
            VERBATIM in getattr(full[field.name], "__metadata__", ()),
        )
        for field in msgspec.structs.fields(type_)
    )


def _choices(path: str, type_: type[msgspec.Struct]) -> str:
    """Return the values that the parameter at `path` may have, if they are few and known."""
    names = {field.encode_name: field.name for field in msgspec.structs.fields(type_)}
    hint = get_type_hints(type_).get(names.get(path.partition("[")[0], ""))
    known = dict.fromkeys(str(each).lower() for each in _values(hint))
    return f"; it may be {', '.join(known)}" if known else ""


def _values(hint: object) -> Iterator[object]:
    if get_origin(hint) is Literal:
        yield from get_args(hint)
    elif isinstance(hint, EnumType):
        yield from hint
    else:
        for each in get_args(hint):
            yield from _values(each)


def _split(values: list[str]) -> list[str]:
    return [part.strip() for value in values for part in value.split(",") if part.strip()]


def _is_list(hint: object) -> bool:
    return any(get_origin(each) in (list, tuple) for each in (hint, *get_args(hint)))

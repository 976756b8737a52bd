"""Query parameters decoded into a struct, in each list style of published clients."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TypeVar, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

import msgspec

from jackfield.kit.decoding import as_sentence, fault_of
from jackfield.kit.errors import Fault, InvalidRequest
from jackfield.kit.json import ValidationError, convert

T = TypeVar("T", bound=msgspec.Struct)


def parse_query(text: str, type_: type[T]) -> T:
    """
    Read the query string `text` as a `type_`; parameters it does not name are ignored.

    A list may be repeated keys (`a=1&a=2`, `a[]=1&a[]=2`) or commas (`a=1,2`). Blank is absent.
    `filter[a]=1` is the same as `a=1`.

    Raises:
        InvalidRequest: a value is not of the type its parameter has.
    """
    by_name: dict[str, list[str]] = {}
    for name, value in parse_qsl(text):
        by_name.setdefault(name.removesuffix("[]"), []).append(value)

    values: dict[str, object] = {}
    for name, is_list in _parameters(type_):
        texts = by_name.get(name) or by_name.get(f"filter[{name}]")
        if texts is not None:
            values[name] = _split(texts) if is_list else texts[-1]
    try:
        return convert(values, type_)
    except ValidationError as error:
        fault = fault_of(error)
        path = f"query.{fault.path}"
        faults = [Fault(path, fault.message)]
        raise InvalidRequest(as_sentence(fault, path), faults=faults) from None


def aware(moment: datetime | None) -> datetime | None:
    """Return a time with UTC as its zone if it has none: published clients leave it out."""
    if moment is not None and moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    return moment


def past(moment: datetime | None) -> datetime | None:
    """Return the first millisecond after `moment`: lists include their end."""
    end = aware(moment)
    return None if end is None else end + timedelta(milliseconds=1)


@cache
def _parameters(type_: type[msgspec.Struct]) -> tuple[tuple[str, bool], ...]:
    """Return the name of each parameter, and whether it is a list."""
    hints = get_type_hints(type_)
    return tuple(
        (field.encode_name, _is_list(hints[field.name])) for field in msgspec.structs.fields(type_)
    )


def _split(values: list[str]) -> list[str]:
    return [part.strip() for value in values for part in value.split(",") if part.strip()]


def _is_list(hint: object) -> bool:
    return any(get_origin(each) in (list, tuple) for each in (hint, *get_args(hint)))

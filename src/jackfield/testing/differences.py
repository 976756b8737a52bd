"""Differences between two JSON values, in words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast

import msgspec

from jackfield.kit.json import Json

_SHOWN: Final = 200


def differences(expected: Json, actual: Json, at: str = "") -> Iterator[str]:
    """Yield every place where `actual` is not what was expected; numbers compare by value."""
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        yield from _of_mappings(
            cast("Mapping[str, Json]", expected), cast("Mapping[str, Json]", actual), at
        )
    elif _is_list(expected) and _is_list(actual):
        yield from _of_lists(cast("Sequence[Json]", expected), cast("Sequence[Json]", actual), at)
    elif expected != actual or isinstance(expected, bool) != isinstance(actual, bool):
        yield f"{at or 'value'}: expected {show(expected)}, got {show(actual)}"


def show(value: Json) -> str:
    try:
        text = msgspec.json.encode(value).decode()
    except TypeError:
        text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _of_mappings(
    expected: Mapping[str, Json], actual: Mapping[str, Json], at: str
) -> Iterator[str]:
    for key, value in expected.items():
        place = f"{at}.{key}" if at else key
        if key in actual:
            yield from differences(value, actual[key], place)
        else:
            yield f"{place}: expected {show(value)}, got nothing"
    for key in actual.keys() - expected.keys():
        yield f"{at}.{key}: not expected: {show(actual[key])}" if at else f"{key}: not expected"


def _of_lists(expected: Sequence[Json], actual: Sequence[Json], at: str) -> Iterator[str]:
    if len(expected) != len(actual):
        yield f"{at or 'value'}: expected {len(expected)} items, got {len(actual)}"
    for index, (wanted, got) in enumerate(zip(expected, actual, strict=False)):
        yield from differences(wanted, got, f"{at}[{index}]")


def _is_list(value: Json) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)

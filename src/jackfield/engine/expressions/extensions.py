"""
Expression functions beyond the published ones: texts, hashes, lists.

    lower(text)  upper(text)  capitalize(text)
    truncate(text, length, ending?)             at most `length` characters, `ending` included
    padStart(text, length, fill?)               `fill` is a blank when left out
    encodeBase64(text)  decodeBase64(text)      of UTF-8; what is not base64 gives null
    regexMatch(text, pattern)                   true or false
    extractMatch(text, pattern, group?)         the match or its group, else null
    md5(text, encoding?)  sha256(text, encoding?)  hmacSha256(text, key, encoding?)
                                                `encoding` is 'hex' (default) or 'base64'
    dedupe(list, key?)                          first of each, compared as a whole or by `key`
    join(list, separator?)                      ',' when left out
    reduce(list, how, key?)                     how: 'sum', 'min', 'max', 'count', 'first', 'last',
                                                'concat' (of lists) or 'merge' (of objects)
    zipObject(keys, values)  groupBy(list, key)
    deltaFromNowMs(date, pattern?)              milliseconds from now until `date`

A value of another type than asked for gives null; texts may be numbers and booleans.
"""

import base64
import binascii
import hashlib
import hmac
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final

import msgspec

from jackfield.engine.current_time import now
from jackfield.engine.dates import read_date_as
from jackfield.engine.expressions import js, strict_values
from jackfield.engine.expressions.errors import EvaluationFault, SyntaxFault
from jackfield.engine.expressions.meter import Meter
from jackfield.engine.expressions.patterns import Pattern
from jackfield.engine.undefined import UNDEFINED
from jackfield.kit.json import Json, is_list, is_object

_LONGEST_TEXT: Final = 1_000_000


def lower(meter: Meter, text: Json) -> Json:
    return _mapped(meter, text, str.lower)


def upper(meter: Meter, text: Json) -> Json:
    return _mapped(meter, text, str.upper)


def capitalize(meter: Meter, text: Json) -> Json:
    return _mapped(meter, text, lambda whole: whole[:1].upper() + whole[1:])


def truncate(meter: Meter, text: Json, length: Json, ending: Json) -> Json:
    most = _size(length)
    tail = _text(ending) or ""
    return _mapped(
        meter,
        text,
        lambda whole: whole if len(whole) <= most else whole[: max(most - len(tail), 0)] + tail,
    )


def pad_start(meter: Meter, text: Json, length: Json, fill: Json) -> Json:
    width = _size(length)
    filling = " " if fill is UNDEFINED else _text(fill) or ""

    def pad(whole: str) -> str:
        room = width - len(whole)
        if room <= 0 or not filling:
            return whole
        return (filling * (room // len(filling) + 1))[:room] + whole

    meter.copy(width)
    return _mapped(meter, text, pad)


def encode_base64(meter: Meter, text: Json) -> Json:
    return _mapped(meter, text, lambda whole: base64.b64encode(_bytes(whole)).decode())


def decode_base64(meter: Meter, text: Json) -> Json:
    def decode(whole: str) -> str | None:
        code = whole.strip().replace("-", "+").replace("_", "/").rstrip("=")
        try:
            return base64.b64decode(code + "=" * (-len(code) % 4), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return None

    return _mapped(meter, text, decode)


def regex_match(meter: Meter, text: Json, pattern: Json) -> Json:
    whole, source = _text(text), _text(pattern)
    if whole is None or source is None:
        return False
    return _pattern(source).search(whole, meter.spend) is not None


def extract_match(meter: Meter, text: Json, pattern: Json, group: Json) -> Json:
    whole, source = _text(text), _text(pattern)
    if whole is None or source is None:
        return None
    compiled = _pattern(source)
    groups = compiled.search(whole, meter.spend)
    number = (1 if compiled.groups else 0) if group is UNDEFINED else _size(group)
    return None if groups is None or number > compiled.groups else groups[number]


def md5(meter: Meter, text: Json, encoding: Json) -> Json:
    return _digest(
        meter, text, encoding, lambda raw: hashlib.md5(raw, usedforsecurity=False).digest()
    )


def sha256(meter: Meter, text: Json, encoding: Json) -> Json:
    return _digest(meter, text, encoding, lambda raw: hashlib.sha256(raw).digest())


def hmac_sha256(meter: Meter, text: Json, key: Json, encoding: Json) -> Json:
    secret = _text(key)
    if secret is None:
        return None
    return _digest(meter, text, encoding, lambda raw: hmac.digest(_bytes(secret), raw, "sha256"))


def dedupe(meter: Meter, items: Json, key: Json) -> Json:
    rows = _rows(meter, items)
    if rows is None:
        return None
    name = _text(key)
    first: dict[Json, Json] = {}
    for row in rows:
        first.setdefault(_identity(row if name is None else js.own(row, name)), row)
    return list(first.values())


def join(meter: Meter, items: Json, separator: Json) -> Json:
    rows = _rows(meter, items)
    if rows is None:
        return None
    between = "," if separator is UNDEFINED else _text(separator) or ""
    texts = [strict_values.to_text([row]) for row in rows]
    meter.copy(sum(map(len, texts)) + len(between) * len(texts))
    return between.join(texts)


def reduce(meter: Meter, items: Json, how: Json, key: Json) -> Json:
    rows = _rows(meter, items)
    reducer = _REDUCERS.get(how) if isinstance(how, str) else None
    if rows is None or reducer is None:
        return None
    name = _text(key)
    return reducer(rows if name is None else [js.own(row, name) for row in rows])


def zip_object(meter: Meter, keys: Json, values: Json) -> Json:
    names, contents = _rows(meter, keys), _rows(meter, values)
    if names is None or contents is None:
        return None
    contents = [*contents, *[None] * (len(names) - len(contents))]
    return {
        strict_values.to_text(name): value for name, value in zip(names, contents, strict=False)
    }


def group_by(meter: Meter, items: Json, key: Json) -> Json:
    rows, name = _rows(meter, items), _text(key)
    if rows is None or name is None:
        return None
    groups: dict[str, list[Json]] = {}
    for row in rows:
        groups.setdefault(strict_values.to_text(js.own(row, name)), []).append(row)
    return groups


def delta_from_now_ms(_meter: Meter, date: Json, pattern: Json) -> Json:
    if isinstance(date, js.Date):
        moment: datetime | None = date.moment
    else:
        moment = read_date_as(date, _text(pattern) or "") if isinstance(date, str) else None
    return None if moment is None else int((moment - now()).total_seconds() * 1000)


def _mapped(meter: Meter, text: Json, change: Callable[[str], Json]) -> Json:
    whole = _text(text)
    if whole is None:
        return None
    meter.copy(len(whole))
    return change(whole)


def _text(value: Json) -> str | None:
    return strict_values.to_text(value) if isinstance(value, str | int | float) else None


def _size(value: Json) -> int:
    number = js.to_number(value)
    if not 0 <= number <= _LONGEST_TEXT:
        reason = f"a length must be between 0 and {_LONGEST_TEXT}"
        raise EvaluationFault(reason)
    return int(number)


def _rows(meter: Meter, value: Json) -> list[Json] | None:
    kind: object = value.__class__
    if kind is not list:
        return None
    meter.spend(len(value))
    return value


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _digest(meter: Meter, text: Json, encoding: Json, digest: Callable[[bytes], bytes]) -> Json:
    def change(whole: str) -> str:
        made = digest(_bytes(whole))
        return base64.b64encode(made).decode() if encoding == "base64" else made.hex()

    return _mapped(meter, text, change)


def _identity(value: Json) -> Json:
    kind: object = value.__class__
    if kind is list or kind is dict:
        return msgspec.json.encode(value, enc_hook=str, order="deterministic")
    return (kind is bool, value)


def _numbers(rows: Sequence[Json]) -> list[float]:
    return [number for number in map(strict_values.to_number, rows) if not math.isnan(number)]


def _sum(numbers: list[float]) -> float:
    total = sum(numbers)
    return total if isinstance(total, int) else js.whole(total)


def _concatenated(rows: Sequence[Json]) -> list[Json]:
    return [item for row in rows if is_list(row) for item in row]


def _merged(rows: Sequence[Json]) -> dict[str, Json]:
    merged: dict[str, Json] = {}
    for row in rows:
        if is_object(row):
            merged.update(row)
    return merged


@lru_cache(maxsize=256)
def _pattern(source: str) -> Pattern:
    try:
        return Pattern(source)
    except SyntaxFault as fault:
        raise EvaluationFault(fault.reason) from fault


_REDUCERS: Final[Mapping[str, Callable[[Sequence[Json]], Json]]] = {
    "sum": lambda rows: _sum(_numbers(rows)),
    "min": lambda rows: min(_numbers(rows), default=None),
    "max": lambda rows: max(_numbers(rows), default=None),
    "count": len,
    "first": lambda rows: rows[0] if rows else None,
    "last": lambda rows: rows[-1] if rows else None,
    "concat": _concatenated,
    "merge": _merged,
}

EXTENSIONS: Final[Mapping[str, tuple[Callable[..., Json], int]]] = {
    "lower": (lower, 1),
    "upper": (upper, 1),
    "capitalize": (capitalize, 1),
    "truncate": (truncate, 3),
    "padStart": (pad_start, 3),
    "encodeBase64": (encode_base64, 1),
    "decodeBase64": (decode_base64, 1),
    "regexMatch": (regex_match, 2),
    "extractMatch": (extract_match, 3),
    "md5": (md5, 2),
    "sha256": (sha256, 2),
    "hmacSha256": (hmac_sha256, 3),
    "dedupe": (dedupe, 2),
    "join": (join, 2),
    "reduce": (reduce, 3),
    "zipObject": (zip_object, 2),
    "groupBy": (group_by, 2),
    "deltaFromNowMs": (delta_from_now_ms, 2),
}

"""JSON on the wire, with JavaScript's handling of `undefined`."""

import json
import math
from typing import Final

import msgspec

from jackfield.engine.compat import Mode
from jackfield.engine.expressions import js
from jackfield.engine.undefined import UNDEFINED
from jackfield.kit.json import Json, whole_characters
from jackfield.kit.large_json import LARGE, TooManyValues, parse_in_pieces

# Finding a run of sixteen digits this way takes a tenth of the time a pattern would.
_AS_DIGITS: Final = bytes(ord("0") if chr(code).isdecimal() else 0 for code in range(256))
_LONG_NUMBER: Final = b"0" * 16
_DEEP: Final = "it is nested too deep"
_BOM: Final = b"\xef\xbb\xbf"
# Its decoder holds everything up until it is done.
_LONGEST_LENIENT: Final = 1024 * 1024


class NestedTooDeep(ValueError):
    """A document has more levels than can be read."""


class _Hole(Exception):
    """The value contains `UNDEFINED`."""


def encode_json(value: Json) -> bytes:
    """Encode `value`; `UNDEFINED` is left out of objects and null in lists."""
    try:
        return _ENCODER.encode(value)
    except _Hole:
        return _ENCODER.encode(prune(value))
    except UnicodeEncodeError:
        return json.dumps(prune(value), default=_stand_in, separators=(",", ":")).encode()


def encode_text(value: Json) -> str:
    return encode_json(value).decode()


def decode_json(body: bytes, mode: Mode) -> Json:
    """
    Decode JSON. In compat mode numbers become doubles, as in the published engine.

    Raises:
        ValueError: it is not JSON; `NestedTooDeep` if it may be.
    """
    body = body.removeprefix(_BOM)
    try:
        value = parse_in_pieces(body) if len(body) > LARGE else _DECODER.decode(body)
    except TooManyValues as error:
        raise ValueError(str(error)) from error
    except RecursionError as error:
        raise NestedTooDeep(_DEEP) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        value = _decode_leniently(body, error, mode)
    if mode == "compat" and _LONG_NUMBER in body.translate(_AS_DIGITS):
        return as_doubles(value)
    return value


def prune(value: Json) -> Json:
    """Return a copy of `value` without `UNDEFINED`: left out of objects, null in lists."""
    kind: object = value.__class__
    if kind is dict:
        return {key: prune(inner) for key, inner in value.items() if inner is not UNDEFINED}
    if kind is list:
        return [prune(inner) for inner in value]
    return None if value is UNDEFINED else value


def _stand_in(value: object) -> object:
    if value is UNDEFINED:
        raise _Hole
    if isinstance(value, js.Date):
        return js.iso_text(value.moment)
    raise NotImplementedError


def _decode_leniently(body: bytes, error: Exception, mode: Mode) -> Json:
    """
    Take what JavaScript takes and the fast decoder does not: `1e400`, lone surrogates.

    Strict mode gives back what can be written again: no infinity, and no half of a character.
    """
    try:
        if len(body) > _LONGEST_LENIENT:
            raise ValueError(str(error)) from error
        value: Json = json.loads(
            body.decode("utf-8", "replace"),
            parse_constant=_refuse,
            parse_float=_finite if mode == "strict" else None,
        )
        return whole_characters(value) if rb"\u" in body and mode == "strict" else value
    except RecursionError as again:
        raise NestedTooDeep(_DEEP) from again


def _finite(figures: str) -> float:
    number = float(figures)
    if math.isinf(number):
        msg = "a number is too large"
        raise ValueError(msg)
    return number


def _refuse(word: str) -> None:
    raise ValueError(word)


def float_digits(number: float) -> float:
    """Return a large number with the digits JavaScript prints."""
    text = js.number_text(number)
    return int(text) if text.lstrip("-").isdecimal() else float(text)


def as_doubles(value: Json) -> Json:
    kind: object = value.__class__
    if kind is int:
        # In the published engine, digits beyond a double's precision are zeros.
        return value if -js.EXACT <= value <= js.EXACT else float_digits(value)
    if kind is dict:
        return {key: as_doubles(inner) for key, inner in value.items()}
    if kind is list:
        return [as_doubles(inner) for inner in value]
    return value


_ENCODER: Final = msgspec.json.Encoder(enc_hook=_stand_in)
_DECODER: Final = msgspec.json.Decoder()

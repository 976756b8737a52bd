"""Inputs of an action as a command is given them."""

import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

from jackfield.cli.output import USAGE, fail
from jackfield.kit.json import as_object, is_list, is_object


class _NoNumber(ValueError):
    """A number that Python reads as JSON and no other program does."""


def read(file: BinaryIO | None) -> dict[str, Any]:
    """Read a JSON object, which a byte order mark may precede."""
    if file is None:
        return {}
    name = Path(file.name).name
    try:
        inputs = _parse(file.read().decode("utf-8-sig"))
    except RecursionError:
        fail(f"{name} is nested too deep", status=USAGE)
    except ValueError as error:
        fail(f"{name} is not JSON: {error}", status=USAGE)
    if not is_object(inputs):
        fail(f"{name} must hold a JSON object", status=USAGE)
    return inputs


def pairs(action: str, texts: Iterable[str]) -> dict[str, Any]:
    """Read each name=value: as text if the action wants text, else as JSON where it is JSON."""
    written = dict(map(_split, texts))
    values = {name: _value(name, text) for name, text in written.items()}
    doubtful = {name for name, value in values.items() if isinstance(value, int | float | None)}
    wanted = _declared(action) if doubtful else {}
    return {
        name: written[name] if name in doubtful and _is_text(wanted.get(name)) else value
        for name, value in values.items()
    }


def _split(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        fail(f"{text!r} is not of the form name=value", status=USAGE)
    return name, value


def _value(name: str, text: str) -> Any:
    try:
        return _parse(text)
    except _NoNumber as error:
        if text.lstrip().startswith(("{", "[")):
            fail(f"{name!r} is no JSON: {error}", status=USAGE)
    except (ValueError, RecursionError):
        pass
    return text


def _declared(action: str) -> dict[str, Any]:
    """Return the schemas of an action's inputs; none if this key may not look them up."""
    from jackfield.cli import api  # noqa: PLC0415 - kept out of `--help`
    from jackfield.client import Refused  # noqa: PLC0415
    from jackfield.client.operations import ConnectorPage  # noqa: PLC0415

    query = {"filter[action_key]": action, "include": "action_details"}
    with api.hub() as hub:
        try:
            page = api.send(hub, "GET", "/actions", ConnectorPage, query=query)
        except Refused:
            return {}
    for connector in page["data"]:
        for each in connector["actions"]:
            if each["id"] == action:
                return as_object(as_object(each.get("input_schema")).get("properties"))
    return {}


def _is_text(declared: Any) -> bool:
    """Tell whether an input is text, and nothing else but null."""
    kinds = as_object(declared).get("type")
    return kinds == "string" or (is_list(kinds) and {"string"} == {*kinds} - {"null"})


def _parse(text: str) -> Any:
    """
    Read JSON.

    Raises:
        ValueError: it is none; as `_NoNumber`, because of a number that it does not have.
    """
    return json.loads(text, parse_constant=_refuse, parse_float=_finite)


def _refuse(word: str) -> None:
    msg = f"it does not have {word}"
    raise _NoNumber(msg)


def _finite(figures: str) -> float:
    number = float(figures)
    if math.isinf(number):
        msg = f"{figures} is too large"
        raise _NoNumber(msg)
    return number

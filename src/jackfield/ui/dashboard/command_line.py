"""The command that makes a call, as it is pasted into a terminal."""

import json
import shlex
from collections.abc import Iterable
from typing import Final

from jackfield.kit.json import Json

# How a text begins that the command reads as JSON, whatever the action wants.
_OF_JSON: Final = frozenset('[{"')


def command_of(action_id: str, account_id: str, inputs: Iterable[tuple[str, Json]]) -> str:
    """Return the command that makes a call."""
    words = [action_id, *(f"{name}={_as_argument(value)}" for name, value in inputs)]
    account = ["--account", account_id]
    if any(each.startswith("-") for each in words):
        # Names are the caller's: none is to be an option, such as one that writes a file.
        words = [*account, "--", *words]
    else:
        words[1:1] = account
    text = shlex.join(["jackfield", "run", *words])
    # It is to be pasted into a terminal, which obeys some that cannot be seen.
    return "".join(each for each in text if each.isprintable())


def _as_argument(value: Json) -> str:
    """Return a value as the command reads it: a text that could be taken for JSON, as JSON."""
    if isinstance(value, str) and value.isprintable() and value[:1] not in _OF_JSON:
        return value
    return visible_json(value)


def visible_json(value: Json, indent: int | None = None) -> str:
    """Return JSON without characters that cannot be seen: a terminal obeys some of them."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return "".join(each if each.isprintable() or each == "\n" else _escaped(each) for each in text)


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))

"""The form of the Explorer as it is posted: the pressed button, and the texts of the controls."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

from jackfield.kit.errors import HubError, InvalidRequest
from jackfield.ui.dashboard.explorer.fields import ROOT
from jackfield.ui.posted_form import read_bounded

MOST_BYTES: Final = 1024 * 1024
MOST_FIELDS: Final = 5000
_TOO_LARGE: Final = 413


class InputsTooLarge(HubError):
    """These inputs are more than the 1 MB that the Explorer takes. Send them to the API instead."""

    code = "inputs_too_large"
    status = 413


@dataclass(frozen=True, slots=True)
class Posted:
    """
    A form of the Explorer. `verb` is what is to be done, with `target`, the name of a list or row.

    `texts` are those of the controls of inputs, `others` the rest.
    """

    verb: str
    target: str
    texts: dict[str, list[str]]
    others: dict[str, str]

    def other(self, name: str) -> str:
        return self.others.get(name, "")


async def read_posted(request: Request) -> Posted:
    """
    Read a posted form; blanks stay as they are.

    Raises:
        InputsTooLarge: it has more than the page takes.
        InvalidRequest: it is no form.
    """
    try:
        content = await read_bounded(request, most=MOST_BYTES)
    except HTTPException as error:
        if error.status_code == _TOO_LARGE:
            raise InputsTooLarge from None
        raise
    if content.count(b"&") >= MOST_FIELDS:
        msg = f"the form has more than {MOST_FIELDS:,} fields; write the inputs as JSON instead"
        raise InputsTooLarge(msg)
    try:
        pairs = parse_qsl(content.decode(), keep_blank_values=True, errors="strict")
    except ValueError:
        msg = "this is not the form of the Explorer; open its page again"
        raise InvalidRequest(msg) from None
    return _posted(pairs)


def _posted(pairs: Sequence[tuple[str, str]]) -> Posted:
    texts: dict[str, list[str]] = {}
    others: dict[str, str] = {}
    for name, value in pairs:
        if name.startswith(f"{ROOT}."):
            texts.setdefault(name, []).append(value)
        else:
            others[name] = value
    verb, _, target = others.get("do", "").partition(":")
    return Posted(verb, target, texts, others)

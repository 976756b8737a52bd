"""
Links of a guide to the provider's console of one choice, such as a region.

The options of a field may name the `console` of each choice. A link to the console of any of them
is meant for all: it leads to that of the choice made, and to each by name as long as none is.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from jackfield.connectors.fields import Field
from jackfield.connectors.guides import Guide, Section, Step

_LINK: Final = re.compile(r"\[([^\]\n]+)\]\((https://[^)\s]+)\)")


@dataclass(frozen=True, slots=True)
class _Console:
    field: str
    value: str
    label: str
    origin: str


def chosen_consoles(guide: Guide, fields: Iterable[Field], values: Mapping[str, str]) -> Guide:
    """Return `guide` with its links to the consoles chosen in `values`."""
    consoles = [
        _Console(field.key, option.value, option.label, option.console)
        for field in fields
        for option in field.options
        if option.console
    ]
    if not consoles:
        return guide

    def turn(text: str) -> str:
        return _LINK.sub(lambda link: _turned(link[0], link[1], link[2], consoles, values), text)

    return replace(
        guide,
        warning=turn(guide.warning),
        sections=tuple(_section(each, turn) for each in guide.sections),
    )


def console_fields(fields: Iterable[Field]) -> frozenset[str]:
    """Return the keys of the fields whose options have consoles."""
    return frozenset(
        field.key for field in fields if any(option.console for option in field.options)
    )


def _turned(
    whole: str, text: str, url: str, consoles: Iterable[_Console], values: Mapping[str, str]
) -> str:
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}"
    meant = next((each for each in consoles if each.origin == origin), None)
    if meant is None:
        return whole
    choices = [each for each in consoles if each.field == meant.field]
    rest = url.removeprefix(origin)
    for each in choices:
        if values.get(meant.field) == each.value:
            return f"[{text}]({each.origin}{rest})"
    named = ", ".join(f"[{each.label}]({each.origin}{rest})" for each in choices)
    return f"{text} ({named})"


def _section(section: Section, turn: Callable[[str], str]) -> Section:
    return replace(
        section,
        content=turn(section.content),
        points=tuple(map(turn, section.points)),
        steps=tuple(_step(each, turn) for each in section.steps),
    )


def _step(step: Step, turn: Callable[[str], str]) -> Step:
    return replace(step, content=turn(step.content), points=tuple(map(turn, step.points)))

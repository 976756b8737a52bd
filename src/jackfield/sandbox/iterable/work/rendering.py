"""Filling in templates: the part of Handlebars that messages use most.

`{{field}}`, `{{object.field}}`, `{{{unescaped}}}`, `[[dataFeedField]]`, `{{defaultIfEmpty field
"text"}}`, `{{snippet "name"}}` and `{{#if field}}…{{else}}…{{/if}}`. What is missing is empty.
"""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias, cast

from jackfield.kit.json import Json

SnippetFinder: TypeAlias = Callable[[str], str | None]

_CONDITION: Final = re.compile(
    r"\{\{#if\s+(?P<path>[\w.]+)\s*\}\}(?P<then>(?:(?!\{\{#if).)*?)\{\{/if\}\}", re.DOTALL
)
_RAW: Final = re.compile(r"\{\{\{\s*(?P<inner>[^{}]+?)\s*\}\}\}")
_ESCAPED: Final = re.compile(r"\{\{\s*(?P<inner>[^{}]+?)\s*\}\}")
_FEED: Final = re.compile(r"\[\[\s*(?P<path>[\w.]+)\s*\]\]")
_DEFAULT: Final = re.compile(r"defaultIfEmpty\s+(?P<path>[\w.]+)\s+[\"'](?P<text>[^\"']*)[\"']")
_SNIPPET: Final = re.compile(r"snippet\s+[\"'](?P<name>[^\"']+)[\"']")
_DEEPEST: Final = 5


@dataclass(frozen=True, slots=True)
class Context:
    """What a template may refer to."""

    fields: Mapping[str, Json]
    feed: Mapping[str, Json] = field(default_factory=dict[str, Json])
    snippet: SnippetFinder = lambda _name: None


def render(text: str, context: Context, *, depth: int = 0) -> str:
    """Fill in one template text."""
    text = _expand_snippets(text, context, depth)
    while _CONDITION.search(text):
        text = _CONDITION.sub(lambda match: _choose(match, context), text)
    text = _FEED.sub(lambda match: html.escape(_text(_look_up(context.feed, match["path"]))), text)
    text = _RAW.sub(lambda match: _evaluate(match["inner"], context), text)
    return _ESCAPED.sub(lambda match: html.escape(_evaluate(match["inner"], context)), text)


def _expand_snippets(text: str, context: Context, depth: int) -> str:
    def expand(match: re.Match[str]) -> str:
        named = _SNIPPET.fullmatch(match["inner"])
        if named is None:
            return match[0]
        content = context.snippet(named["name"]) if depth < _DEEPEST else None
        return _expand_snippets(content or "", context, depth + 1)

    return _ESCAPED.sub(expand, _RAW.sub(expand, text))


def _choose(match: re.Match[str], context: Context) -> str:
    then, _, otherwise = match["then"].partition("{{else}}")
    return then if _look_up(context.fields, match["path"]) else otherwise


def _evaluate(expression: str, context: Context) -> str:
    default = _DEFAULT.fullmatch(expression)
    if default is not None:
        return _text(_look_up(context.fields, default["path"])) or default["text"]
    return _text(_look_up(context.fields, expression))


def _look_up(values: Mapping[str, Json], path: str) -> Json:
    found: Json = values
    for name in path.split("."):
        if not isinstance(found, Mapping):
            return None
        found = cast("Mapping[str, Json]", found).get(name)
    return found


def _text(value: Json) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)

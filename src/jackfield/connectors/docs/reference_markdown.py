"""Reference documentation of a connector, rendered as Markdown."""

import re
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.docs.guide_markdown import render_markdown
from jackfield.connectors.docs.reference import ConnectorReference, DescribedAction, InputRow

# Returns the URL of an auth method's guide, by the method's key.
GuideLink: TypeAlias = Callable[[str], str]

_FENCES: Final = re.compile(r"`+")


def render_reference(
    described: ConnectorReference, *, guide_link: GuideLink | None = None, redirect_uri: str = ""
) -> str:
    """
    Render everything about a connector.

    `guide_link` returns the URL of an auth method's guide; without it the guides are included.
    `redirect_uri` is what the hub's operator registers with the provider.
    """
    blocks = [*_head(described)]
    blocks += ["## Ways to link an account", _methods(described, guide_link, redirect_uri)]
    blocks += _limits(described)
    for group in described.groups:
        blocks.append(f"## {_prose(group.title)}")
        for action in group.actions:
            blocks += _action(action)
    blocks += _errors(described)
    if guide_link is None:
        for method in described.connector.auth_methods:
            blocks += [f"## {_guide_title(method)}", _guide(method)]
    return "\n\n".join(filter(None, blocks)) + "\n"


def _head(described: ConnectorReference) -> Iterator[str]:
    connector = described.connector
    yield f"# {_prose(connector.title)}"
    yield _prose(connector.description)
    yield _prose(connector.details)
    yield _prose(connector.instructions)
    count = sum(len(group.actions) for group in described.groups)
    yield f"Key {_code(connector.key)}, version {_prose(connector.version)}, {count} actions."
    if connector.quality:
        yield f"Quality: {connector.quality.word}. {_prose(connector.quality.summary)}"
    yield "\n".join(f"- {_prose(link.title)}: <{_address(link.url)}>" for link in described.links)


def _methods(described: ConnectorReference, guide_link: GuideLink | None, redirect_uri: str) -> str:
    lines: list[str] = []
    for method in described.connector.auth_methods:
        label = _prose(method.label)
        below = f"{label}: see “{_guide_title(method)}” below"
        named = f"[{label}]({guide_link(method.key)})" if guide_link else below
        to_register = f". Redirect URI to register: {_code(redirect_uri)}"
        is_told = redirect_uri and method.redirects
        lines.append(f"- {named} ({_code(method.key)}){to_register if is_told else ''}")
    return "\n".join(lines)


def _limits(described: ConnectorReference) -> Iterator[str]:
    if described.rate_limits:
        yield "## Rate limits"
        yield "How many requests are made for one account; what is beyond them waits its turn."
        rows = (
            f"| {_code(each.pattern) if each.pattern else 'all'} | {_prose(each.rate)} |"
            for each in described.rate_limits
        )
        yield "\n".join(["| addresses | requests |", "| --- | --- |", *rows])


def _errors(described: ConnectorReference) -> Iterator[str]:
    if described.errors:
        yield "## Errors"
        yield "Answers of the provider that the connector explains. All others come with the provider's own words, in `provider_errors`."
        rows = (
            f"| {_prose(each.received)} | {_prose(each.status)} | {_prose(each.message)} |"
            for each in described.errors
        )
        yield "\n".join(
            ["| it answers | is told as | with the words |", "| --- | --- | --- |", *rows]
        )


def _action(action: DescribedAction) -> Iterator[str]:
    info = action.info
    yield f"### {_prose(info.label)}"
    effects = ", ".join(f"**{each}**" for each in info.effects) or "not declared"
    scopes = ", ".join(map(_code, info.required_scopes))
    yield f"{_code(info.id)} · effects: {effects}" + (f" · scopes: {scopes}" if scopes else "")
    yield _prose(info.description)
    yield _prose(info.details)
    if not action.is_usable:
        yield "It cannot be used: there is a fault in the connector."
    elif action.inputs:
        head = ["| input | type | in | | meaning |", "| --- | --- | --- | --- | --- |"]
        yield "\n".join([*head, *map(_row, action.inputs)])
    else:
        yield "It takes no inputs."
    yield "\n".join(f"- {_prose(rule)}" for rule in action.rules)
    if action.output:
        yield f"It gives back {_code(action.output)}."


def _row(row: InputRow) -> str:
    meaning = [_prose(row.description)]
    if row.choices:
        meaning.append(f"One of {', '.join(map(_code, row.choices))}.")
    if row.limits:
        meaning.append(f"Limits: {', '.join(map(_prose, row.limits))}.")
    required = "required" if row.is_required else ""
    cells = (_code(row.name), row.type, row.place, required, " ".join(filter(None, meaning)))
    return f"| {' | '.join(cells)} |"


def _guide_title(method: AuthMethod) -> str:
    return f"Guide: link an account by {_prose(method.label)}"


def _guide(method: AuthMethod) -> str:
    return render_markdown(method.link_guide(), heading=3).rstrip("\n")


def _prose(text: str) -> str:
    """Return text on one line, with Markdown and table characters escaped."""
    line = " ".join(text.split())
    for character in "\\|<[]*":
        line = line.replace(character, f"\\{character}")
    return line


def _code(text: str) -> str:
    line = " ".join(text.split()).replace("|", "\\|")
    longest = max((len(each) for each in _FENCES.findall(line)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {line} {fence}" if longest else f"{fence}{line}{fence}"


def _address(url: str) -> str:
    return re.sub(r"[\s<>]", "", url)

"""Words for who made a change."""

import re
from collections.abc import Mapping
from typing import Final

from jackfield.db.tx import Tx
from jackfield.kit.actor import Actor, ActorKind
from jackfield.projects.repo import ApiKeys

_WORDS: Final[Mapping[ActorKind, str]] = {
    ActorKind.API_KEY: "API key",
    ActorKind.AGENT: "agent with the API key",
    ActorKind.DASHBOARD_SESSION: "an operator on the dashboard",
    ActorKind.MEMBER: "the member",
    ActorKind.CONNECT_SESSION: "the customer in the Hub",
    ActorKind.PORTAL_SESSION: "the customer on their page",
    ActorKind.WORKER: "the hub",
    ActorKind.COMMAND: "the command",
    ActorKind.UNKNOWN: "an unknown caller",
}
_KINDS: Final[Mapping[str, ActorKind]] = {each.value: each for each in ActorKind}
_NAMED: Final = (ActorKind.API_KEY, ActorKind.AGENT, ActorKind.COMMAND, ActorKind.MEMBER)
# As an actor is written where it is kept as a text.
_WRITTEN: Final = re.compile(r"([a-z_]+):(.*?)(?: \((.*)\))?", re.DOTALL)


def described(actor: Actor, names: Mapping[str, str]) -> str:
    """Return who an actor is; `names` are those of API keys by their ids."""
    return _words(actor.kind, actor.id, actor.name, names)


def described_text(text: str, names: Mapping[str, str]) -> str:
    """Return the same for an actor that was kept as a text; an unknown text stays as it is."""
    match = _WRITTEN.fullmatch(text)
    kind = match and _KINDS.get(match[1])
    if match is None or kind is None:
        return text
    return _words(kind, match[2], match[3], names)


def _words(kind: ActorKind, id_: str, name: str | None, names: Mapping[str, str]) -> str:
    words = _WORDS[kind]
    return f"{words} {names.get(id_) or name or id_}" if kind in _NAMED else words


async def key_names(tx: Tx) -> Mapping[str, str]:
    """Return the names of the project's API keys by their ids."""
    return {key.id: key.name for key in await ApiKeys(tx).all()}

"""Descriptions of actions for models: what it does, what its inputs need, what else to know."""

from typing import Final

from jackfield.connectors.action import ActionInfo

# In a list of all tools, which a model reads whole, and in an answer with a few of them.
SHORT: Final = 600
LONG: Final = 2000


def describe(action: ActionInfo, *, most: int = SHORT) -> str:
    """Return an action's description and rules, and of its details what `most` characters hold."""
    told = " ".join([action.description, *action.rules]).strip()
    details = action.details.strip()
    room = most - len(told) - 1
    if not details or details in told:
        return told
    if len(details) > room:
        details = f"{details[: max(room, 0)].rpartition(' ')[0]} …".strip() if room > 0 else "…"
    return f"{told} {details}".strip()

"""Reply to a text message: the actions that match it, each with an example of how to run it."""

from typing import Final

from jackfield.agents.a2a.examples import order_of
from jackfield.agents.a2a.messages import MessageRequest, OutputMode
from jackfield.agents.a2a.objects import data_parts, message, text_part
from jackfield.agents.accounts import AccountSet
from jackfield.agents.execution import Candidate, find_actions
from jackfield.kit.json import Json, encode
from jackfield.runtime import Hub

_MOST: Final = 5
_HOW: Final = (
    "No language model reads this: nothing was done. These actions fit best; send the data part "
    "of the one you mean, with your values in it, and it is run."
)
_NOTHING: Final = (
    "No action of these accounts fits that. The extended card lists all of them; say it in other "
    "words, or name one in a data part."
)


async def find(hub: Hub, reach: AccountSet, wish: MessageRequest) -> Json:
    """Return a message with the actions that come nearest to a text, best first."""
    near = await find_actions(hub, reach, wish.text, most=_MOST)
    found = [_described(each, reach) for each in near]
    told: dict[str, Json] = {"skills": found}
    if reach.unusable:
        told["unusable"] = {key: why.detail for key, why in reach.unusable.items()}
    parts = [text_part(_words(found))]
    if wish.form is OutputMode.DATA:
        parts += data_parts(told, wish.form)
    return message(wish.context_id, parts)


def _described(found: Candidate, reach: AccountSet) -> dict[str, Json]:
    action = found.action
    return {
        "id": action.id,
        "name": action.label,
        "description": action.description,
        "similarity": found.similarity,
        "effects": action.effects,
        "inputSchema": found.schema,
        "example": order_of(action, found.schema, found.connector, reach),
    }


def _words(found: list[dict[str, Json]]) -> str:
    if not found:
        return _NOTHING
    lines = [_HOW]
    for each in found:
        example = encode(each["example"]).decode()
        lines += ["", f"{each['id']}: {each['name']}. {each['description']}", f"  {example}"]
    return "\n".join(lines)

"""Reply to a text message: the actions that match it, each with an example of how to run it."""

from typing import Final

from jackfield.agents.a2a.examples import example_call
from jackfield.agents.a2a.messages import MessageRequest, OutputMode
from jackfield.agents.a2a.objects import data_parts, message, text_part
from jackfield.agents.accounts import AccountSet
from jackfield.agents.descriptions import LONG, describe
from jackfield.agents.execution import Candidate, find_actions, unmatched_words
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


async def find(hub: Hub, account_set: AccountSet, request: MessageRequest) -> Json:
    """Return a message with the actions that best match a text."""
    candidates = await find_actions(hub, account_set, request.text, most=_MOST)
    skills = [_skill(candidate, account_set) for candidate in candidates]
    data: dict[str, Json] = {"skills": skills}
    if account_set.unusable:
        data["unusable"] = {key: error.detail for key, error in account_set.unusable.items()}
    unmatched = await unmatched_words(hub, account_set, request.text)
    parts = [text_part(_text(skills, unmatched))]
    if request.output_mode is OutputMode.DATA:
        parts += data_parts(data, request.output_mode)
    return message(request.context_id, parts)


def _skill(candidate: Candidate, account_set: AccountSet) -> dict[str, Json]:
    action = candidate.action
    return {
        "id": action.id,
        "name": action.label,
        "description": describe(action, most=LONG),
        "similarity": candidate.similarity,
        "effects": action.effects,
        "inputSchema": candidate.schema,
        "example": example_call(action, candidate.schema, candidate.connector, account_set),
    }


def _text(skills: list[dict[str, Json]], unmatched: list[str]) -> str:
    if not skills:
        return _NOTHING
    note = f" No action has the words {', '.join(unmatched)}." if unmatched else ""
    lines = [_HOW + note]
    for skill in skills:
        example = encode(skill["example"]).decode()
        lines += ["", f"{skill['id']}: {skill['name']}. {skill['description']}", f"  {example}"]
    return "\n".join(lines)

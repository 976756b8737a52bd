"""The tool `stackone_submit_feedback`."""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Struct

from jackfield.actions.feedback import service as feedback
from jackfield.actions.feedback.models import LONGEST, MOST_TOOLS, FeedbackDraft
from jackfield.agents.mcp.endpoint import Endpoint
from jackfield.agents.names import ACCOUNT
from jackfield.engine.inputs.errors import InvalidInputs
from jackfield.kit.errors import Fault
from jackfield.kit.json import Json
from jackfield.runtime import Hub

NAME: Final = "stackone_submit_feedback"
_LONGEST_NAME: Final = 255

TOOL: Final[Mapping[str, Json]] = {
    "name": NAME,
    "title": "Submit feedback on tools",
    "description": (
        "Say how the tools that were used worked out: what was good, wrong, missing or unclear. "
        "Never put credentials or personal data in it."
    ),
    "inputSchema": {
        "type": "object",
        "properties": {
            "feedback": {
                "type": "string",
                "minLength": 1,
                "maxLength": LONGEST,
                "description": "What there is to say, in plain words.",
            },
            "rating": {
                "type": "string",
                "description": "`positive`, `neutral` or `negative`.",
                "examples": ["positive"],
            },
            "action_ids": {
                "type": "array",
                "items": {"type": "string"},
                "maxItems": MOST_TOOLS,
                "description": "The actions it is about.",
            },
            "session_id": {"type": "string", "description": "The session they were used in."},
            "action_run_id": {"type": "string", "description": "The run it is about."},
        },
        "required": ["feedback"],
    },
    "annotations": {
        "title": "Submit feedback on tools",
        "readOnlyHint": False,
        "destructiveHint": False,
        "openWorldHint": False,
    },
}


class _Arguments(Struct, frozen=True):
    feedback: str = ""
    rating: str | None = None
    action_ids: list[str] | None = None
    session_id: str | None = None
    action_run_id: str | None = None


async def submit(hub: Hub, endpoint: Endpoint, arguments: Mapping[str, Json]) -> Json:
    """
    Store a model's feedback, as `/ai/tool-feedback` does.

    Raises:
        InvalidInputs: the feedback is empty or too long, or its account is not named.
    """
    account_id = _account(endpoint, arguments)
    draft = _draft(arguments)
    if endpoint.is_dry_run:
        return {"isError": False, "result": {"message": "Nothing was kept: this is a dry run"}}
    async with hub.db.write(endpoint.project_id, endpoint.actor) as tx:
        stored = await feedback.keep(tx, draft, account_id=account_id)
    return {
        "isError": False,
        "result": {
            "message": "Feedback successfully stored",
            "key": stored.id,
            "submitted_at": stored.created_at,
            "trace_id": stored.id,
        },
    }


def _account(endpoint: Endpoint, arguments: Mapping[str, Json]) -> str:
    """Return the account of the feedback, which may be one that cannot be used now."""
    usable = [account.id for account in endpoint.accounts]
    named = arguments.get(ACCOUNT)
    if isinstance(named, str) and (named in usable or named in endpoint.unusable):
        return named
    if named is None and len(usable) == 1:
        return usable[0]
    words = f"must be one of {', '.join(usable)}"
    msg = f"{ACCOUNT} {words}"
    raise InvalidInputs(msg, faults=[Fault(ACCOUNT, words)])


def _draft(arguments: Mapping[str, Json]) -> FeedbackDraft:
    try:
        parsed = msgspec.convert(arguments, _Arguments)
    except msgspec.ValidationError as error:
        words = str(error)
        raise InvalidInputs(words, faults=[Fault("", words)]) from None
    faults = [*_faults(parsed)]
    if faults:
        msg = "; ".join(f"{fault.path} {fault.message}" for fault in faults)
        raise InvalidInputs(msg, faults=faults)
    return FeedbackDraft(
        parsed.feedback.strip() or f"rated {parsed.rating}",
        tuple(parsed.action_ids or ()),
        rating=parsed.rating or None,
        session_id=parsed.session_id or None,
        run_id=parsed.action_run_id or None,
    )


def _faults(parsed: _Arguments) -> list[Fault]:
    faults: list[Fault] = []
    if not parsed.feedback.strip() and not parsed.rating:
        faults.append(Fault("feedback", "is required"))
    if len(parsed.feedback) > LONGEST:
        faults.append(Fault("feedback", f"must have at most {LONGEST} characters"))
    actions = parsed.action_ids or []
    if len(actions) > MOST_TOOLS:
        faults.append(Fault("action_ids", f"must hold at most {MOST_TOOLS}"))
    named = {
        "rating": parsed.rating,
        "session_id": parsed.session_id,
        "action_run_id": parsed.action_run_id,
        **{f"action_ids[{index}]": each for index, each in enumerate(actions[:MOST_TOOLS])},
    }
    words = f"must have at most {_LONGEST_NAME} characters"
    faults += [
        Fault(path, words) for path, text in named.items() if len(text or "") > _LONGEST_NAME
    ]
    return faults

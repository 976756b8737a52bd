"""`/ai/tool-feedback`: what agents say of the tools they used."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from jackfield.accounts.models import AccountNotFound
from jackfield.actions.feedback import service as feedback
from jackfield.actions.feedback.repo import ToolFeedback
from jackfield.http.guards import Call, api_key
from jackfield.http.routing import Routes
from jackfield.kit.ids import FeedbackId
from jackfield.projects.models import Scope

api = Routes(api_key)


class FeedbackIn(Struct, frozen=True):
    feedback: Annotated[str, Meta(min_length=1, max_length=20_000)]
    account_id: Annotated[str, Meta(min_length=1, max_length=255)]
    tool_names: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=255)]], Meta(min_length=1, max_length=200)
    ]


class FeedbackKeptOut(Struct, frozen=True):
    message: str
    key: FeedbackId
    submitted_at: datetime
    trace_id: FeedbackId


class FeedbackOut(Struct, frozen=True):
    id: FeedbackId
    account_id: str
    tool_names: tuple[str, ...]
    feedback: str
    created_at: datetime


class FeedbackPageOut(Struct, frozen=True):
    data: tuple[FeedbackOut, ...]
    next: str | None


class FeedbackQuery(Struct, frozen=True):
    page_size: Annotated[int, Meta(ge=1, le=1000)] = 25
    next: str | None = None


@api.add(
    "POST", "/ai/tool-feedback", scope=Scope.ACTIONS_EXECUTE, status=201, raises=(AccountNotFound,)
)
async def submit_feedback(call: Call, body: FeedbackIn) -> FeedbackKeptOut:
    """Keep what an agent or a person says of tools used with an account."""
    async with call.hub.db.write(call.caller.project_id) as tx:
        kept = await feedback.keep(
            tx, account_id=body.account_id, tools=body.tool_names, feedback=body.feedback
        )
    return FeedbackKeptOut("Feedback successfully stored", kept.id, kept.created_at, kept.id)


@api.add("GET", "/jackfield/tool_feedback", scope=Scope.LOGS_READ)
async def list_feedback(call: Call, query: FeedbackQuery) -> FeedbackPageOut:
    """List what was said of tools, newest first."""
    async with call.hub.db.read(call.caller.project_id) as tx:
        page = await ToolFeedback(tx).page(size=query.page_size, after=query.next)
    return FeedbackPageOut(
        tuple(
            FeedbackOut(each.id, each.account_id, each.tools, each.feedback, each.created_at)
            for each in page.items
        ),
        page.next,
    )

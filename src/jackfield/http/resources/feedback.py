"""`/ai/tool-feedback`: feedback of agents on tools."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from jackfield.accounts.models import AccountNotFound
from jackfield.actions.feedback import service as feedback
from jackfield.actions.feedback.models import LONGEST, MOST_TOOLS, FeedbackDraft
from jackfield.actions.feedback.repo import ToolFeedback
from jackfield.http.context import ApiContext, api_key
from jackfield.http.routing import Routes
from jackfield.kit.ids import FeedbackId
from jackfield.kit.pages import read_cursor
from jackfield.projects.models import Scope

api = Routes(api_key, tag="feedback")

_Text = Annotated[str, Meta(min_length=1, max_length=255)]


class FeedbackIn(Struct, frozen=True):
    feedback: Annotated[str, Meta(min_length=1, max_length=LONGEST)]
    account_id: _Text
    tool_names: Annotated[list[_Text], Meta(min_length=1, max_length=MOST_TOOLS)]
    rating: Annotated[_Text | None, Meta(description="Such as `positive`.")] = None
    session_id: _Text | None = None
    action_run_id: _Text | None = None


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
    rating: str | None
    session_id: str | None
    action_run_id: str | None
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
async def submit_feedback(ctx: ApiContext, body: FeedbackIn) -> FeedbackKeptOut:
    """Store an agent's or a person's feedback on tools used with an account."""
    async with ctx.hub.db.write(ctx.caller.project_id, ctx.actor) as tx:
        draft = FeedbackDraft(
            body.feedback,
            tuple(body.tool_names),
            rating=body.rating,
            session_id=body.session_id,
            run_id=body.action_run_id,
        )
        stored = await feedback.keep(tx, draft, account_id=body.account_id)
    return FeedbackKeptOut("Feedback successfully stored", stored.id, stored.created_at, stored.id)


@api.add("GET", "/jackfield/tool_feedback", scope=Scope.LOGS_READ)
async def list_feedback(ctx: ApiContext, query: FeedbackQuery) -> FeedbackPageOut:
    """List feedback on tools, newest first."""
    after = read_cursor(query.next, FeedbackId)
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        page = await ToolFeedback(tx).page(size=query.page_size, after=after)
    return FeedbackPageOut(
        tuple(
            FeedbackOut(
                each.id,
                each.account_id,
                each.said.tools,
                each.said.feedback,
                each.said.rating,
                each.said.session_id,
                each.said.run_id,
                each.created_at,
            )
            for each in page.items
        ),
        page.next,
    )

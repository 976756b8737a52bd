"""Repository of feedback."""

from dataclasses import asdict

from jackfield.actions.feedback.models import Feedback, FeedbackDraft
from jackfield.db.columns import columns_of
from jackfield.db.tx import Row, Tx
from jackfield.kit.ids import FeedbackId
from jackfield.kit.json import convert, encode, parse
from jackfield.kit.pages import Page

# No id sorts after this one, whatever the database's collation.
_AFTER_ALL = "fbk_" + "Z" * 26
_COLUMNS = columns_of(FeedbackDraft, also=("id", "account_id", "created_at"))


class ToolFeedback:
    """The feedback of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def add(self, feedback: Feedback) -> None:
        await self._tx.run(
            """
            insert into tool_feedback
                   (id, project_id, account_id, tools, feedback, rating, session_id, run_id,
                    created_at)
            values (:id, :project_id, :account_id, :tools, :feedback, :rating, :session_id, :run_id,
                    :created_at)
            """,
            id=feedback.id,
            account_id=feedback.account_id,
            created_at=feedback.created_at,
            **asdict(feedback.said) | {"tools": encode(feedback.said.tools).decode()},
        )

    async def page(self, *, size: int, after: str | None) -> Page[Feedback]:
        """Return a page, newest first."""
        rows = await self._tx.all(
            f"""
            select {_COLUMNS}
              from tool_feedback
             where project_id = :project_id and id < :after
             order by id desc
             limit :limit
            """,  # noqa: S608 - columns of ours
            after=after or _AFTER_ALL,
            limit=size + 1,
        )
        items = tuple(_read(row) for row in rows[:size])
        return Page(items, items[-1].id if len(rows) > size else None)


def _read(row: Row) -> Feedback:
    said = convert({**row, "tools": parse(row["tools"])}, FeedbackDraft)
    return Feedback(FeedbackId(row["id"]), row["account_id"], said, row["created_at"])

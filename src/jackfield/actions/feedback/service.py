"""Keeping what is said of tools."""

from collections.abc import Iterable

from jackfield.accounts.repo import Accounts
from jackfield.actions.feedback.models import Feedback
from jackfield.actions.feedback.repo import ToolFeedback
from jackfield.db.tx import Tx
from jackfield.kit.ids import FeedbackId


async def keep(tx: Tx, *, account_id: str, tools: Iterable[str], feedback: str) -> Feedback:
    """
    Keep what somebody says of tools used with an account.

    Raises:
        AccountNotFound: the project has no such account.
    """
    account = await Accounts(tx).get(account_id)
    said = Feedback(FeedbackId.new(tx.now), account.id, tuple(tools), feedback, tx.now)
    await ToolFeedback(tx).add(said)
    return said

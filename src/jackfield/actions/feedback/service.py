"""Recording of feedback."""

from jackfield.accounts.repo import Accounts
from jackfield.actions.feedback.models import Feedback, FeedbackDraft
from jackfield.actions.feedback.repo import ToolFeedback
from jackfield.db.tx import Tx
from jackfield.kit.ids import FeedbackId


async def keep(tx: Tx, said: FeedbackDraft, *, account_id: str) -> Feedback:
    """
    Store feedback on tools used with an account.

    Raises:
        AccountNotFound: the project has no such account.
    """
    account = await Accounts(tx).get(account_id)
    feedback = Feedback(FeedbackId.new(tx.now), account.id, said, tx.now)
    await ToolFeedback(tx).add(feedback)
    return feedback

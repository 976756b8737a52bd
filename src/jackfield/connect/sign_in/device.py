"""Sign-in with a code (RFC 8628): the hub asks the provider until its user has entered it."""

from datetime import timedelta
from typing import Final

from jackfield.connect import linking
from jackfield.connect import sessions as connect
from jackfield.connect.attempts import AttemptStatus
from jackfield.connect.repo import Holder
from jackfield.connect.sign_in import service as sign_ins
from jackfield.connect.sign_in.exchange import Conversation
from jackfield.connect.sign_in.kept import kept_of
from jackfield.connect.sign_in.models import SignIn, SignInDenied, SignInExpired, Stage
from jackfield.connect.sign_in.repo import SignIns
from jackfield.engine.oauth.device import Waiting
from jackfield.kit.errors import HubError, ProviderError, UnreadableAnswer
from jackfield.runtime import Hub

# What RFC 8628 adds to the interval whenever the provider asks to slow down.
_SLOWER: Final = 5
# Longer than any question takes: after it, another process may ask.
_CLAIM: Final = timedelta(seconds=60)


async def poll(hub: Hub, sign_in: SignIn) -> SignIn:
    """
    Ask the provider whether the code has been entered, if it may be asked now.

    Link the account if so. Return the sign-in as it is then.
    """
    now = hub.clock()
    if (
        sign_in.stage is not Stage.STARTED
        or sign_in.poll_at is None
        or sign_in.poll_at > now
        or sign_in.status_at(now) is AttemptStatus.EXPIRED
    ):
        return sign_in
    holder = await connect.holder_of(hub, sign_in.project_id, sign_in.session_id)
    async with hub.db.write(holder.project_id, holder.actor) as tx:
        if not await SignIns(tx).claim_poll(sign_in, until=tx.now + _CLAIM):
            return sign_in
    await _ask(hub, holder, sign_in)
    return await sign_ins.find(hub, holder, sign_in.id)


async def _ask(hub: Hub, holder: Holder, sign_in: SignIn) -> None:
    begun, kept, slower = hub.clock(), await kept_of(hub, sign_in), 0
    assert kept.device is not None
    try:
        holder.session.require_unused()
        conversation = await Conversation.of(hub, holder, sign_in, kept.values)
        found = await conversation.poll_device(kept.device)
    except HubError as error:
        if not error.retryable and not isinstance(error, UnreadableAnswer):
            ended = _end_of(error)
            await linking.record_failure(hub, holder, begun, ended)
            await sign_ins.fail(hub, holder, sign_in, ended)
            return
        found = Waiting.SLOW_DOWN
    async with hub.db.write(holder.project_id, holder.actor) as tx:
        if isinstance(found, Waiting):
            slower = _SLOWER if found is Waiting.SLOW_DOWN else 0
            await SignIns(tx).schedule_poll(sign_in, seconds=sign_in.poll_seconds + slower)
            return
        if not await SignIns(tx).redeem(sign_in):
            return
    prepared, missing = found
    await sign_ins.complete(hub, holder, sign_in, prepared, missing=missing)


def _end_of(error: HubError) -> HubError:
    reason = error.context.get("reason") if isinstance(error, ProviderError) else None
    if reason == "access_denied":
        return SignInDenied()
    return SignInExpired() if reason == "expired_token" else error

"""Sign-in whose code its provider sends by webhook after the browser has come back."""

from jackfield.connect import sessions as connect
from jackfield.connect.attempts import AttemptStatus
from jackfield.connect.sent_codes.service import is_sent
from jackfield.connect.sign_in import service as sign_ins
from jackfield.connect.sign_in.kept import kept_in
from jackfield.connect.sign_in.models import SignIn, Stage
from jackfield.connect.sign_in.repo import SignIns
from jackfield.runtime import Hub


async def poll(hub: Hub, sign_in: SignIn) -> SignIn:
    """Go on with a sign-in whose code has come, and return it as it is then."""
    is_late = sign_in.status_at(hub.clock()) is AttemptStatus.EXPIRED
    if sign_in.stage is not Stage.AWAITING or sign_in.profile_id is None or is_late:
        return sign_in
    async with hub.db.read(sign_in.project_id) as tx:
        kept = await kept_in(tx, hub, sign_in)
        if not await is_sent(tx, sign_in.profile_id, kept.installation):
            return sign_in
    holder = await connect.holder_of(hub, sign_in.project_id, sign_in.session_id)
    async with hub.db.write(holder.project_id, holder.actor) as tx:
        is_taken = await SignIns(tx).redeem(sign_in, stage=Stage.AWAITING)
    if is_taken:
        await sign_ins.redeem(hub, holder, sign_in, kept.answer)
    return await sign_ins.find(hub, holder, sign_in.id)

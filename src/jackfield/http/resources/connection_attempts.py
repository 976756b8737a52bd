"""`/hub/connection_attempts`: sign-ins as the published Hub follows them."""

from typing import Self

from msgspec import Struct
from starlette.responses import Response

from jackfield.connect.attempts import AttemptStatus, ConnectionAttemptId
from jackfield.connect.models import TooManyAttempts
from jackfield.connect.sign_in import device, sent_code
from jackfield.connect.sign_in import service as sign_ins
from jackfield.connect.sign_in.models import SignIn, SignInNotFound
from jackfield.http.context import ConnectContext, connect_token, ended_connect_token
from jackfield.http.resources.hub import SESSION_REFUSALS
from jackfield.http.routing import Routes
from jackfield.kit.clock import Clock

api = Routes(connect_token, tag="embedded")
# An attempt is still asked for when its session has ended with the account it linked.
ended_api = Routes(ended_connect_token, tag="embedded")


class AnnouncedOut(Struct, frozen=True):
    id: ConnectionAttemptId


class AttemptAccountOut(Struct, frozen=True):
    id: str


class AttemptErrorOut(Struct, frozen=True):
    code: str
    description: str | None


class AttemptOut(Struct, frozen=True):
    status: AttemptStatus
    account: AttemptAccountOut | None
    error: AttemptErrorOut | None

    @classmethod
    def of(cls, sign_in: SignIn, clock: Clock) -> Self:
        linked, code = sign_in.linked_account_id or sign_in.pending_link_id, sign_in.error_code
        # A link that waits for the project is done, as far as its user is concerned.
        is_done = sign_in.pending_link_id is not None
        return cls(
            AttemptStatus.AUTHENTICATED if is_done else sign_in.status_at(clock()),
            None if linked is None else AttemptAccountOut(linked),
            None if code is None else AttemptErrorOut(code, sign_in.error_description),
        )


@api.add(
    "POST", "/hub/connection_attempts", status=201, raises=(*SESSION_REFUSALS, TooManyAttempts)
)
async def announce_attempt(ctx: ConnectContext) -> AnnouncedOut:
    """Announce a sign-in at the provider, in a window that is opened next."""
    return AnnouncedOut((await sign_ins.announce(ctx.hub, ctx.holder)).id)


@ended_api.add("GET", "/hub/connection_attempts/{attempt_id}", raises=(SignInNotFound,))
async def get_attempt(ctx: ConnectContext, attempt_id: str) -> AttemptOut:
    """Return how far a sign-in is."""
    sign_in = await sign_ins.find(ctx.hub, ctx.holder, attempt_id)
    sign_in = await sent_code.poll(ctx.hub, await device.poll(ctx.hub, sign_in))
    return AttemptOut.of(sign_in, ctx.hub.clock)


@ended_api.add(
    "DELETE", "/hub/connection_attempts/{attempt_id}", status=204, raises=(SignInNotFound,)
)
async def cancel_attempt(ctx: ConnectContext, attempt_id: str) -> Response:
    """Give up a sign-in; one that has ended stays as it is."""
    await sign_ins.cancel(ctx.hub, ctx.holder, attempt_id)
    return Response(status_code=204)

"""`/jackfield/decoys`: accounts that nobody has a reason to use, so that each use is an alarm."""

from datetime import datetime
from typing import Annotated, Final

from msgspec import Meta, Struct

from jackfield.accounts import decoy_creation
from jackfield.accounts.decoys.models import Decoy, NoDecoyPossible
from jackfield.accounts.decoys.repo import Decoys
from jackfield.accounts.models import Account, AccountFilter, AccountPage
from jackfield.accounts.repo import Accounts
from jackfield.db.tx import Tx
from jackfield.http.context import ApiContext, api_key
from jackfield.http.routing import Routes
from jackfield.kit.ids import AccountId
from jackfield.projects.models import Scope

# Who lists them is not told by the log of requests.
api = Routes(api_key, tag="accounts", is_logged=False)

_PATH: Final = "/jackfield/decoys"
_Text = Annotated[str, Meta(min_length=1, max_length=255)]


class DecoyIn(Struct, frozen=True, forbid_unknown_fields=True):
    """
    The account that the decoy looks like.

    `setup_information` are values of its form that are no secrets; the others are made up.
    """

    provider: _Text
    origin_owner_id: _Text
    origin_owner_name: _Text | None = None
    origin_username: _Text | None = None
    label: _Text | None = None
    setup_information: dict[str, str] = {}


class DecoyOut(Struct, frozen=True):
    """A decoy, how often it was used, and when last; deleted like any account."""

    account_id: AccountId
    provider: str
    origin_owner_id: str
    origin_owner_name: str
    created_at: datetime
    touches: int
    touched_at: datetime | None


class DecoysOut(Struct, frozen=True):
    data: list[DecoyOut]
    next: None = None


@api.add("POST", _PATH, scope=Scope.PROJECT_WRITE, status=201, raises=(NoDecoyPossible,))
async def create_decoy(ctx: ApiContext, body: DecoyIn) -> DecoyOut:
    """Make an account with an invented credential, whose every use is an alarm."""
    wanted = decoy_creation.NewDecoy(
        body.provider,
        body.origin_owner_id,
        body.origin_owner_name or body.origin_owner_id,
        body.origin_username,
        body.label,
        body.setup_information,
    )
    async with ctx.hub.db.write(ctx.caller.project_id, ctx.actor) as tx:
        account = await decoy_creation.create(tx, ctx.hub, wanted)
        (out,) = await _out(tx, [account.id])
    return out


@api.add("GET", _PATH, scope=Scope.PROJECT_WRITE)
async def list_decoys(ctx: ApiContext) -> DecoysOut:
    """List the decoys of the project, newest first."""
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        found = await Decoys(tx).all()
        return DecoysOut(await _out(tx, [each.account_id for each in found]))


async def _out(tx: Tx, ids: list[AccountId]) -> list[DecoyOut]:
    if not ids:
        return []
    page = AccountPage(1, len(ids), AccountFilter(ids=tuple(ids)))
    known = {each.account_id: each for each in await Decoys(tx).all()}
    return [_one(each, known[each.id]) for each in await Accounts(tx).page(page)]


def _one(account: Account, decoy: Decoy) -> DecoyOut:
    return DecoyOut(
        account.id,
        account.provider,
        account.origin_owner_id,
        account.origin_owner_name,
        decoy.created_at,
        decoy.touches,
        decoy.touched_at,
    )

"""`/jackfield/keys`: API keys that a key mints for agents and browsers, narrower than itself."""

from datetime import datetime
from typing import Annotated, Any, Self, TypeAlias

from msgspec import Meta, Struct

from jackfield.http.context import ApiContext, api_key
from jackfield.http.routing import Routes
from jackfield.kit.errors import Conflict
from jackfield.kit.ids import ApiKeyId
from jackfield.kit.pages import read_cursor
from jackfield.projects import service as projects
from jackfield.projects.key_limits import Effect, KeyLimits
from jackfield.projects.models import ApiKey, ApiKeyNotFound, KeyState
from jackfield.projects.narrowed_keys import service as narrowing
from jackfield.projects.narrowed_keys.models import (
    LONGEST_MINUTES,
    MOST_CALLS,
    MOST_VALUES,
    KeyNotNarrowed,
    KeyWiderThanParent,
    TooManyNarrowedKeys,
)
from jackfield.projects.narrowed_keys.repo import NarrowedKeys

api = Routes(api_key, tag="keys")

_Texts: TypeAlias = Annotated[
    list[Annotated[str, Meta(min_length=1, max_length=255)]],
    Meta(min_length=1, max_length=MOST_VALUES),
]


class KeyLimitsIn(Struct, frozen=True, forbid_unknown_fields=True):
    """What a key may do; a field that is left out limits nothing that its parent may."""

    origin_owner_id: Annotated[
        Annotated[str, Meta(min_length=1, max_length=255)] | None,
        Meta(description="Your customer, in your own system: only their accounts."),
    ] = None
    account_ids: _Texts | None = None
    connectors: _Texts | None = None
    actions: Annotated[
        _Texts | None,
        Meta(description="Ids, or patterns such as `iterable_list_*`."),
    ] = None
    effects: Annotated[
        Annotated[list[Effect], Meta(min_length=1, max_length=len(Effect))] | None,
        Meta(description="Only actions that do nothing else."),
    ] = None
    calls: Annotated[
        Annotated[int, Meta(ge=1, le=MOST_CALLS)] | None,
        Meta(description="How many runs and proxy calls."),
    ] = None
    minutes: Annotated[
        Annotated[int, Meta(ge=1, le=LONGEST_MINUTES)] | None,
        Meta(description="For how long."),
    ] = None

    def limits(self) -> KeyLimits:
        return KeyLimits(
            origin_owner_id=self.origin_owner_id,
            account_ids=_tuple(self.account_ids),
            connectors=_tuple(self.connectors),
            actions=_tuple(self.actions),
            effects=None if self.effects is None else tuple(self.effects),
            calls=self.calls,
        )


class KeyIn(KeyLimitsIn, frozen=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(max_length=100, description="What will use it.")] = ""


class KeyOut(Struct, frozen=True):
    id: ApiKeyId
    name: str
    state: KeyState
    parent_id: ApiKeyId | None
    origin_owner_id: str | None
    account_ids: tuple[str, ...] | None
    connectors: tuple[str, ...] | None
    actions: tuple[str, ...] | None
    effects: tuple[Effect, ...] | None
    calls: int | None
    # Of its own number; where a key that it comes from has fewer, those count.
    calls_left: int | None
    created_at: datetime
    created_by: str | None
    expires_at: datetime | None
    used_at: datetime | None

    @classmethod
    def of(cls, key: ApiKey, now: datetime) -> Self:
        return cls(**_fields(key, now))


class MintedKeyOut(KeyOut, frozen=True):
    key: str


class KeysQuery(Struct, frozen=True):
    next: Annotated[str | None, Meta(description="Where the page before ended.")] = None
    page_size: Annotated[int, Meta(ge=1, le=100)] = 25


class KeysOut(Struct, frozen=True):
    data: tuple[KeyOut, ...]
    next: str | None


@api.add(
    "POST",
    "/jackfield/keys",
    status=201,
    narrowed=True,
    raises=(KeyWiderThanParent, TooManyNarrowedKeys, Conflict),
)
async def create_key(ctx: ApiContext, body: KeyIn) -> MintedKeyOut:
    """
    Mint a key that may do less than the one of this request, and ends with it.

    Without `minutes` it works for an hour, or as long as its parent if that is less.
    """
    hub = ctx.hub
    async with hub.db.write(ctx.caller.project_id, ctx.actor) as tx:
        minted = await narrowing.mint(
            tx, hub.catalog, ctx.caller.key_id, body.limits(), name=body.name, minutes=body.minutes
        )
    return MintedKeyOut(**_fields(minted.key, hub.clock()), key=minted.token.reveal())


@api.add("GET", "/jackfield/keys", narrowed=True)
async def list_keys(ctx: ApiContext, query: KeysQuery) -> KeysOut:
    """List the keys that come from the one of this request, newest first."""
    after = read_cursor(query.next, ApiKeyId)
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        page = await NarrowedKeys(tx).descendants(
            ctx.caller.key_id, after=after, size=query.page_size
        )
    now = ctx.hub.clock()
    return KeysOut(tuple(KeyOut.of(each, now) for each in page.items), page.next)


@api.add("GET", "/jackfield/keys/{key_id}", narrowed=True, raises=(ApiKeyNotFound,))
async def get_key(ctx: ApiContext, key_id: str) -> KeyOut:
    """Return a key that comes from the one of this request, or that one: as `self`, too."""
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        key = await narrowing.require_descendant(tx, ctx.caller.key_id, _named(ctx, key_id))
    return KeyOut.of(key, ctx.hub.clock())


@api.add(
    "PATCH",
    "/jackfield/keys/{key_id}",
    narrowed=True,
    raises=(ApiKeyNotFound, KeyNotNarrowed, KeyWiderThanParent, Conflict),
)
async def narrow_key(ctx: ApiContext, key_id: str, body: KeyLimitsIn) -> KeyOut:
    """
    Let a key do less from now on, and all that come from it.

    `calls` and `minutes` are those that are left to it.
    """
    hub = ctx.hub
    async with hub.db.write(ctx.caller.project_id, ctx.actor) as tx:
        key = await narrowing.require_descendant(tx, ctx.caller.key_id, _named(ctx, key_id))
        changed = await narrowing.narrow_further(
            tx, hub.catalog, key.id, body.limits(), minutes=body.minutes
        )
    return KeyOut.of(changed, hub.clock())


@api.add(
    "DELETE",
    "/jackfield/keys/{key_id}",
    narrowed=True,
    raises=(ApiKeyNotFound, KeyNotNarrowed),
)
async def revoke_key(ctx: ApiContext, key_id: str) -> KeyOut:
    """Revoke a narrowed key for good, and with it all that come from it."""
    async with ctx.hub.db.write(ctx.caller.project_id, ctx.actor) as tx:
        key = await narrowing.require_descendant(tx, ctx.caller.key_id, _named(ctx, key_id))
        if key.parent_id is None:
            msg = "an ordinary key does not revoke itself: `jackfield keys revoke` does"
            raise KeyNotNarrowed(msg)
        await projects.change_key(tx, key.id, "revoke")
        revoked = await narrowing.require_descendant(tx, ctx.caller.key_id, key.id)
    return KeyOut.of(revoked, ctx.hub.clock())


def _named(ctx: ApiContext, key_id: str) -> str:
    return ctx.caller.key_id if key_id == "self" else key_id


def _tuple(values: list[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)


def _fields(key: ApiKey, now: datetime) -> dict[str, Any]:
    limits = key.limits or KeyLimits()
    return {
        "id": key.id,
        "name": key.name,
        "state": key.state(now),
        "parent_id": key.parent_id,
        "origin_owner_id": limits.origin_owner_id,
        "account_ids": limits.account_ids,
        "connectors": limits.connectors,
        "actions": limits.actions,
        "effects": limits.effects,
        "calls": limits.calls,
        "calls_left": key.calls_left,
        "created_at": key.created_at,
        "created_by": key.created_by,
        "expires_at": key.expires_at,
        "used_at": key.used_at,
    }

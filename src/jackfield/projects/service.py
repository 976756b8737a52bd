"""Operations on projects and their API keys."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal

from jackfield.audit.models import AuditKind
from jackfield.audit.service import record
from jackfield.db.tx import Database, Tx
from jackfield.kit import request_context, source_address
from jackfield.kit.actor import Actor
from jackfield.kit.errors import Fault, InvalidRequest, RateLimited
from jackfield.kit.ids import ApiKeyId, ProjectId
from jackfield.kit.json import Json
from jackfield.kit.leased_tokens import LeasedTokenBuckets
from jackfield.projects.allowed_networks import AddressNotAllowed, is_allowed
from jackfield.projects.models import (
    EVERY_SCOPE,
    ApiKeyToken,
    Caller,
    DashboardToken,
    Project,
    ProjectBeingDeleted,
    ProjectNotFound,
    Scope,
    SignInLinkUsed,
    SignInToken,
    Unauthenticated,
)
from jackfield.projects.narrowed_keys.checks import require_clock, require_page
from jackfield.projects.repo import (
    ApiKeys,
    Projects,
    SignIns,
    all_projects,
    append_use,
    find_caller,
    find_dashboard_project,
    find_project,
    find_sign_in_project,
)
from jackfield.projects.settings import ProjectSettings, checked

if TYPE_CHECKING:
    # All parts of a hub are more than a list of keys needs.
    from jackfield.runtime import Hub

DEFAULT_PROJECT: Final = "default"
_LINK_LIFETIME: Final = timedelta(minutes=15)
_SESSION_LIFETIME: Final = timedelta(hours=12)
# The last use of a key is known to the minute.
_USE_SECONDS: Final = 60.0
_MOST_KEYS_KNOWN: Final = 50_000
_KEY_KINDS: Final = {
    "revoke": AuditKind.KEY_REVOKED,
    "disable": AuditKind.KEY_DISABLED,
    "enable": AuditKind.KEY_ENABLED,
}


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key, with its token: the only time that can be read."""

    id: ApiKeyId
    token: ApiKeyToken


async def ensure_project(hub: "Hub", actor: Actor, name: str = DEFAULT_PROJECT) -> Project:
    """
    Return the project called `name`; create it if there is none.

    Raises:
        ProjectBeingDeleted: one of that name is.
    """
    project = await find_project(hub.db, name)
    if project is None:
        async with hub.db.write(ProjectId.new(hub.clock()), actor) as tx:
            if await Projects(tx).add(name):
                await record(tx, AuditKind.PROJECT_CREATED, tx.project_id, after={"name": name})
        project = await find_project(hub.db, name)
    if project is None:
        raise ProjectBeingDeleted
    return project


async def ensure_first_project(hub: "Hub", actor: Actor) -> None:
    """Create the default project of a hub that has none; a deleted one stays away."""
    if not await all_projects(hub.db):
        await ensure_project(hub, actor)


async def get_project(db: Database, name: str) -> Project:
    """
    Return the project called `name`.

    Raises:
        ProjectNotFound: there is none.
    """
    project = await find_project(db, name)
    if project is None:
        msg = f"there is no project called {name!r}"
        raise ProjectNotFound(msg)
    return project


async def project_settings(hub: "Hub", project_id: ProjectId) -> ProjectSettings:
    """Return a project's settings, at most one second old."""
    entries = await hub.cache.entries(hub.db, project_id)
    known: ProjectSettings | None = entries.get("settings")
    if known is None:
        async with hub.db.read(project_id) as tx:
            known = entries["settings"] = await Projects(tx).settings()
    return known


async def change_settings(tx: Tx, values: Mapping[str, Json]) -> ProjectSettings:
    """
    Change some of the project's settings: `values` by field name, `None` for the default.

    Raises:
        InvalidRequest: some cannot be used; all are named. A list of networks without the address
            that asks for it would shut out who sets it.
    """
    # First, because it locks the row: two concurrent changes do not undo each other.
    await tx.touch()
    current = await Projects(tx).settings()
    defaults = ProjectSettings((await Projects(tx).get()).name)
    changed = {
        name: getattr(defaults, name) if value is None else value for name, value in values.items()
    }
    settings = checked(replace(current, **changed))
    address = source_address.current()
    if "allowed_networks" in values and not is_allowed(settings.allowed_networks, address):
        msg = f"add your own address, {address or 'unknown here'}, or you could not come back"
        raise InvalidRequest.of([Fault("allowed_networks", msg)])
    await Projects(tx).save_settings(settings)
    await record(
        tx,
        AuditKind.SETTINGS_CHANGED,
        tx.project_id,
        before=asdict(current),
        after=asdict(settings),
    )
    return settings


async def issue_key(
    tx: Tx,
    *,
    name: str,
    scopes: frozenset[Scope] = EVERY_SCOPE,
    lifetime: timedelta | None = None,
) -> IssuedKey:
    """Create a key for the transaction's project; without a `lifetime` it does not expire."""
    issued = IssuedKey(ApiKeyId.new(tx.now), ApiKeyToken.mint())
    expires_at = None if lifetime is None else tx.now + lifetime
    await ApiKeys(tx).add(issued.id, issued.token, name=name, scopes=scopes, expires_at=expires_at)
    await record(
        tx,
        AuditKind.KEY_CREATED,
        issued.id,
        after={"name": name, "scopes": sorted(scopes), "expires_at": expires_at},
    )
    return issued


async def change_key(
    tx: Tx, key_id: ApiKeyId, verb: Literal["revoke", "disable", "enable"]
) -> None:
    """
    Revoke an API key for good, or disable it until it is enabled again.

    Raises:
        ApiKeyNotFound: the project has no such key, or it was revoked.
    """
    keys = ApiKeys(tx)
    match verb:
        case "revoke":
            await keys.revoke(key_id)
        case "disable":
            await keys.disable(key_id)
        case "enable":
            await keys.enable(key_id)
    await record(tx, _KEY_KINDS[verb], key_id)


async def find_usable_key(hub: "Hub", token: ApiKeyToken) -> Caller:
    """
    Return the caller of an API key that may be used now, as it was a second ago at most.

    Raises:
        Unauthenticated: the key does not exist, was revoked or disabled, or has expired.
    """
    digest = token.digest()
    project_id = hub.key_projects.get(digest)
    if project_id is None:
        caller = await find_caller(hub.db, token)
        if caller is None:
            raise Unauthenticated(is_unknown_key=True)
        if len(hub.key_projects) >= _MOST_KEYS_KNOWN:
            # Most are of narrowed keys that have ended.
            hub.key_projects.clear()
        project_id = hub.key_projects[digest] = caller.project_id
    entries = await hub.cache.entries(hub.db, project_id)
    known: Caller | None = entries.get(("caller", digest))
    if known is None:
        # Read again even if just found: only what was read after `entries` may be cached in it.
        known = await find_caller(hub.db, token)
        if known is None:
            raise Unauthenticated(is_unknown_key=True)
        entries["caller", digest] = known
    if known.expires_at is not None and known.expires_at <= hub.clock():
        msg = f"this API key has expired, on {known.expires_at:%Y-%m-%d}: a new one is needed"
        raise Unauthenticated(msg, is_unknown_key=True)
    if known.narrowing is not None:
        require_clock(known, known.narrowing, hub.clock())
    return known


async def authenticate(hub: "Hub", token: ApiKeyToken) -> Caller:
    """
    Return the caller that an API key authenticates, and count the request.

    Raises:
        Unauthenticated: the key does not exist, was revoked or disabled, or has expired.
        PageNotAllowed: it is narrowed, and used on a page that may not.
        AddressNotAllowed: its project is not used from where the request comes from.
        RateLimited: the key has sent too many requests.
    """
    known = await find_usable_key(hub, token)
    request = request_context.current()
    if request is not None:
        request.project_id, request.key_id = known.project_id, known.key_id
    require_allowed_network(known)
    if known.narrowing is not None and request is not None:
        require_page(hub, known, request)
    if time.monotonic() > known.use.noted_until:
        known.use.noted_until = time.monotonic() + _USE_SECONDS
        append_use(
            hub.write_buffer,
            known,
            hub.clock(),
            user_agent=request and request.user_agent,
            address=source_address.current(),
        )
    await count_requests(hub, known, 1)
    return known


def require_allowed_network(caller: Caller) -> None:
    """
    Check where the current request comes from.

    Raises:
        AddressNotAllowed: the caller's project is not used from there.
    """
    if caller.networks and not is_allowed(caller.networks, source_address.current()):
        raise AddressNotAllowed


async def count_requests(hub: "Hub", caller: Caller, number: int) -> None:
    """
    Count what is asked with a key.

    Raises:
        RateLimited: it has asked too often.
    """
    if hub.rate_limit is None:
        return
    limited = caller.key_id if caller.narrowing is None else caller.narrowing.topmost
    for _ in range(number):
        now = hub.clock().timestamp()
        wait = hub.rate_limit.take(limited, now)
        if wait is None:
            assert isinstance(hub.rate_limit, LeasedTokenBuckets)
            wait = await hub.rate_limit.wait_to_take(limited, now)
        if wait:
            raise RateLimited(retry_after=wait)


async def open_sign_in(tx: Tx) -> SignInToken:
    """Create a link that signs one browser in to the dashboard, once, within 15 minutes."""
    token = SignInToken.mint()
    await SignIns(tx).add_link(token, tx.now + _LINK_LIFETIME)
    await record(tx, AuditKind.SIGN_IN_LINK_CREATED)
    return token


async def sign_in_url(hub: "Hub", project: Project, actor: Actor) -> str:
    """Return the address of a new sign-in link."""
    async with hub.db.write(project.id, actor) as tx:
        token = await open_sign_in(tx)
    return f"{hub.public_url}/dashboard/sign-in?token={token.reveal()}"


async def require_sign_in_link(hub: "Hub", token: SignInToken) -> None:
    """
    Make sure a sign-in link can be used; it is not used up by that.

    Raises:
        SignInLinkUsed: as `sign_in`.
    """
    project_id = await find_sign_in_project(hub.db, token)
    if project_id is None:
        raise SignInLinkUsed
    async with hub.db.read(project_id) as tx:
        if not await SignIns(tx).has_link(token):
            raise SignInLinkUsed


async def sign_in(hub: "Hub", token: SignInToken) -> DashboardToken:
    """
    Exchange the token of a sign-in link for a dashboard session.

    Raises:
        SignInLinkUsed: it was used, has expired, or never existed.
    """
    project_id = await find_sign_in_project(hub.db, token)
    if project_id is None:
        raise SignInLinkUsed
    session = DashboardToken.mint()
    async with hub.db.write(project_id, session.actor) as tx:
        if not await SignIns(tx).use_link(token):
            raise SignInLinkUsed
        await SignIns(tx).add_session(session, tx.now + _SESSION_LIFETIME)
        await record(tx, AuditKind.SIGNED_IN, session.actor.id)
    return session


async def end_sign_ins(hub: "Hub", project: Project, actor: Actor) -> None:
    """End all sessions of the project's dashboard, and its sign-in links that were not used yet."""
    async with hub.db.write(project.id, actor) as tx:
        await SignIns(tx).clear()
        await record(tx, AuditKind.SIGN_INS_ENDED)


async def signed_in_project(hub: "Hub", token: DashboardToken) -> Project | None:
    return await find_dashboard_project(hub.db, token)


async def sign_out(hub: "Hub", token: DashboardToken) -> None:
    project = await find_dashboard_project(hub.db, token)
    if project is not None:
        async with hub.db.write(project.id, token.actor) as tx:
            await SignIns(tx).remove_session(token)
            await record(tx, AuditKind.SIGNED_OUT, token.actor.id)

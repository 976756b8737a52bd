"""`GET /actions`: the catalog of actions."""

from typing import Annotated, Final

from msgspec import UNSET, Meta, Struct, UnsetType, field

from jackfield.accounts.access import may_use
from jackfield.accounts.models import Account, AccountFilter, AccountPage
from jackfield.accounts.repo import Accounts
from jackfield.connectors.action import ActionInfo
from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.connector import Connector
from jackfield.connectors.guides import Guide, plain, without_hub
from jackfield.connectors.outputs import output_schema
from jackfield.http.context import ApiContext, api_key
from jackfield.http.lists import Texts
from jackfield.http.routing import Routes
from jackfield.kit.ids import AccountId, ProfileId
from jackfield.kit.json import Json
from jackfield.kit.pages import invalid_cursor
from jackfield.profiles.models import Profile
from jackfield.profiles.repo import Profiles
from jackfield.projects import service as projects
from jackfield.projects.key_limits import Narrowing
from jackfield.projects.models import Scope

api = Routes(api_key, tag="actions")

_DEFAULT_PAGE: Final = 25
_MOST_ACCOUNTS: Final = 1000
_DETAILS: Final = frozenset({"action_details", "operation_details"})
_GUIDES: Final = "authentication_guides"


class ActionDetailsOut(Struct, frozen=True):
    details: str
    input_schema: Json
    output_schema: Json
    annotations: Json
    categories: tuple[str, ...]
    release_stage: str
    resources: str


class ActionOut(Struct, frozen=True):
    id: str
    label: str
    description: str
    schema_type: str
    action_type: str
    effects: tuple[str, ...]
    tags: tuple[str, ...]
    required_scopes: tuple[str, ...]
    input_schema: Json | UnsetType = UNSET
    action_details: ActionDetailsOut | UnsetType = UNSET


class GuidesOut(Struct, frozen=True):
    config: Json
    setup: Json | UnsetType = UNSET


class AuthSupportOut(Struct, frozen=True):
    link: str | None
    description: str | None
    guides: GuidesOut


class AuthenticationOut(Struct, frozen=True):
    key: str
    label: str
    type: str
    required_scopes: tuple[str, ...]
    support: AuthSupportOut | UnsetType = UNSET


class ScopeDefinitionOut(Struct, frozen=True):
    name: str
    description: str
    includes: tuple[str, ...]


class ConnectorOut(Struct, frozen=True):
    key: str
    name: str
    version: str
    description: str
    icon: str
    release_stage: str
    categories: tuple[str, ...]
    scope_definitions: tuple[ScopeDefinitionOut, ...]
    authentication: tuple[AuthenticationOut, ...]
    actions: tuple[ActionOut, ...]
    account_id: AccountId | UnsetType = UNSET
    integration_id: ProfileId | UnsetType = UNSET


class ActionsOut(Struct, frozen=True):
    data: tuple[ConnectorOut, ...]
    next: str | None


class ActionsQuery(Struct, frozen=True):
    connectors: Texts = field(default_factory=list[str], name="filter[connectors]")
    account_ids: Texts = field(default_factory=list[str], name="filter[account_ids]")
    action_keys: Texts = field(default_factory=list[str], name="filter[action_key]")
    group_by: Annotated[str, Meta(description="`connector`: there is no other grouping.")] = (
        "connector"
    )
    include: Annotated[Texts, Meta(description="`action_details`, `authentication_guides`.")] = []
    exclude: Annotated[Texts, Meta(description="`actions`.")] = []
    search: Annotated[
        str | None, Meta(description="Words of an action's id, label or description.")
    ] = None
    next: str | None = None
    page_size: Annotated[int, Meta(ge=1, le=1000)] = _DEFAULT_PAGE


class _Group(Struct, frozen=True):
    """
    A connector, with the account that restricts its actions if there is one.

    `key` is what the caller's API key may do, if it is a narrowed one.
    """

    connector: Connector
    account: Account | None = None
    profile: Profile | None = None
    key: Narrowing | None = None

    @property
    def position(self) -> str:
        return self.connector.key if self.account is None else self.account.id


@api.add("GET", "/actions", scope=Scope.CONNECTORS_READ, narrowed=True)
async def list_actions(ctx: ApiContext, query: ActionsQuery) -> ActionsOut:
    """List connectors with their actions; with accounts, the actions each of them may run."""
    if query.next is not None:
        _require_position(ctx, query, query.next)
    groups = [group for group in await _groups(ctx, query) if _has_match(group, query)]
    rest = [group for group in groups if query.next is None or group.position > query.next]
    page = rest[: query.page_size]
    settings = await projects.project_settings(ctx.hub, ctx.caller.project_id)
    return ActionsOut(
        tuple(_connector(ctx, group, query, hides_hub=settings.white_label) for group in page),
        page[-1].position if len(rest) > len(page) else None,
    )


def _require_position(ctx: ApiContext, query: ActionsQuery, cursor: str) -> None:
    """
    Make sure the list has such a position: an account that is asked about, or a connector.

    Raises:
        InvalidRequest: it has not.
    """
    known = query.account_ids or [each.key for each in ctx.hub.catalog.connectors()]
    if cursor not in known:
        raise invalid_cursor()


async def _groups(ctx: ApiContext, query: ActionsQuery) -> list[_Group]:
    """Return the groups that the query selects, ordered by position."""
    catalog, key = ctx.hub.catalog, ctx.caller.narrowing
    if not query.account_ids:
        return [
            _Group(connector, key=key)
            for connector in sorted(catalog.connectors(), key=lambda each: each.key)
            if connector.is_offered
            and (not query.connectors or connector.key in query.connectors)
            and (key is None or key.actions_of(connector))
        ]
    only = AccountFilter(ids=tuple(query.account_ids), providers=tuple(query.connectors))
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        accounts = await Accounts(tx).page(AccountPage(1, _MOST_ACCOUNTS, only))
        accounts = [each for each in accounts if key is None or may_use(key, each)]
        profile_ids = {account.profile_id for account in accounts}
        profiles = {each: await Profiles(tx).get(each) for each in profile_ids}
    return [
        _Group(connector, account, profiles[account.profile_id], key)
        for account in sorted(accounts, key=lambda each: each.id)
        if (connector := catalog.find(account.provider)) is not None
    ]


def _connector(
    ctx: ApiContext, group: _Group, query: ActionsQuery, *, hides_hub: bool
) -> ConnectorOut:
    connector, account = group.connector, group.account
    actions = () if "actions" in query.exclude else connector.actions
    with_guides = _GUIDES in query.include
    return ConnectorOut(
        key=connector.key,
        name=connector.title,
        version=connector.version,
        description=connector.description,
        icon=ctx.hub.public_url + connector.icon_path,
        release_stage=connector.release_stage,
        categories=connector.categories,
        scope_definitions=tuple(
            ScopeDefinitionOut(each.name, each.description, each.includes)
            for each in connector.scope_definitions
        ),
        authentication=tuple(
            _authentication(method, with_guides=with_guides, hides_hub=hides_hub)
            for method in connector.auth_methods
        ),
        actions=tuple(_action(each, query) for each in actions if _matches(each, group, query)),
        account_id=UNSET if account is None else account.id,
        integration_id=UNSET if account is None else account.profile_id,
    )


def _has_match(group: _Group, query: ActionsQuery) -> bool:
    """Return whether the group has an action that matches; without a search, every group does."""
    if not query.action_keys and not query.search:
        return True
    return any(_matches(action, group, query) for action in group.connector.actions)


def _matches(action: ActionInfo, group: _Group, query: ActionsQuery) -> bool:
    if action.is_internal or (query.action_keys and action.id not in query.action_keys):
        return False
    if group.key is not None and action.id not in group.key.actions_of(group.connector):
        return False
    for limits in (group.profile, group.account):
        if limits is not None and not limits.allows(action.id):
            return False
    words = (query.search or "").lower().split()
    text = f"{action.id} {action.label} {action.description}".lower()
    return all(word in text for word in words)


def _authentication(method: AuthMethod, *, with_guides: bool, hides_hub: bool) -> AuthenticationOut:
    def render(guide: Guide) -> Json:
        return plain(without_hub(guide) if hides_hub else guide)

    support: AuthSupportOut | UnsetType = UNSET
    if with_guides:
        setup = method.setup_guide
        guides = GuidesOut(render(method.link_guide()), UNSET if setup is None else render(setup))
        support = AuthSupportOut(method.support_link, method.support_description, guides)
    return AuthenticationOut(method.key, method.label, method.type, method.required_scopes, support)


def _action(action: ActionInfo, query: ActionsQuery) -> ActionOut:
    detailed = not _DETAILS.isdisjoint(query.include)
    return ActionOut(
        id=action.id,
        label=action.label,
        description=action.description,
        schema_type=action.schema_type,
        action_type=action.action_type,
        effects=action.effects,
        tags=action.tags,
        required_scopes=action.required_scopes,
        input_schema=action.schema if detailed else UNSET,
        action_details=_details(action) if detailed else UNSET,
    )


def _details(action: ActionInfo) -> ActionDetailsOut:
    return ActionDetailsOut(
        details=action.details,
        input_schema=action.schema,
        output_schema=output_schema(action),
        annotations=action.annotations,
        categories=action.categories,
        release_stage=action.release_stage,
        resources=action.resources,
    )

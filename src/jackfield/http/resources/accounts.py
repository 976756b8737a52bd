"""`/accounts`: linked accounts."""

from collections.abc import Mapping
from typing import Annotated, Final, cast

from msgspec import Meta, Struct, field, structs

from jackfield.accounts import service as accounts
from jackfield.accounts.access import may_use
from jackfield.accounts.models import (
    Account,
    AccountFilter,
    AccountNotFound,
    AccountNotUsable,
    AccountPage,
    AccountStatus,
    AccountType,
    CredentialRejected,
    PausedByOwner,
)
from jackfield.accounts.repo import Accounts
from jackfield.accounts.revocation import service as revocation
from jackfield.accounts.revocation.models import (
    RevocationOutcome,
    RevocationUnderWay,
)
from jackfield.connect import rotation
from jackfield.connect.models import (
    IdentityChanged,
    InvalidFields,
    LinkedMeanwhile,
    SignInRequired,
    SignInUnsupported,
)
from jackfield.http.account import AccountOut, RevocationOut
from jackfield.http.context import ApiContext, api_key
from jackfield.http.lists import MOST_VALUES, Texts
from jackfield.http.query import VERBATIM
from jackfield.http.routing import Routes
from jackfield.kit.errors import Fault, InvalidRequest, ProviderTimeout, ProviderUnavailable
from jackfield.kit.json import Json
from jackfield.profiles.models import ProfileDisabled, ProfileNotFound, ProfileOfOtherConnector
from jackfield.projects.key_limits import Narrowing
from jackfield.projects.models import Scope

api = Routes(api_key, tag="accounts")

_LINKED: Final = ("credentials", "secrets", "setup_information")
# Fields that cannot change after linking: their names here and in the account.
_FIXED: Final = {
    "provider": "provider",
    "authentication_config_key": "auth_method",
    "environment": "environment",
}
_PROFILE: Final = ("integration_id", "connector_profile_id")
_CONFIRMS: Final = "confirm_identity_change"
_Text = Annotated[str, Meta(min_length=1, max_length=255)]


class AccountsQuery(Struct, frozen=True):
    page: Annotated[int, Meta(ge=1, le=1_000_000)] = 1
    page_size: Annotated[int, Meta(ge=1, le=1000)] = 25
    provider: str | None = None
    providers: Texts = []
    account_ids: Texts = []
    origin_owner_id: str | None = None
    origin_owner_ids: Annotated[Texts, VERBATIM] = []
    status: Annotated[list[AccountStatus], Meta(max_length=MOST_VALUES)] = []

    def accounts(self, key: Narrowing | None) -> AccountPage | None:
        """Return the page of accounts that are asked for; none if a narrowed key may use none."""
        providers, owners = list(self.providers), list(self.origin_owner_ids)
        providers += [self.provider] if self.provider else []
        owners += [self.origin_owner_id] if self.origin_owner_id else []
        ids = list(self.account_ids)
        if key is not None:
            # An empty list would ask for all.
            for wanted, allowed in (
                (ids, key.accounts),
                (providers, key.connectors),
                (owners, key.owners),
            ):
                if allowed is not None:
                    wanted[:] = [each for each in wanted or sorted(allowed) if each in allowed]
                    if not wanted:
                        return None
        only = AccountFilter(
            ids=tuple(ids),
            providers=tuple(providers),
            origin_owner_ids=tuple(owners),
            statuses=tuple(self.status),
        )
        return AccountPage(self.page, self.page_size, only)


class AccountChange(Struct, frozen=True):
    """A change of an account that needs no linking.

    A field that is left out or null stays as it is: the published clients send null for every field
    without a value.
    """

    origin_owner_id: _Text | None = None
    origin_owner_name: _Text | None = None
    origin_username: _Text | None = None
    label: _Text | dict[str, Json] | None = None
    metadata: dict[str, Json] | None = None
    shared: bool | None = None
    type: Annotated[
        AccountType | None, Meta(description="Converts between test and production.")
    ] = None
    credentials: Annotated[
        dict[str, Json] | None,
        Meta(
            description="New credentials, by field. They are verified with the provider and saved "
            "only if it accepts them. Fields left out stay as they are."
        ),
    ] = None
    integration_id: Annotated[
        _Text | None,
        Meta(description="Another connector profile of the same connector and auth method."),
    ] = None
    connector_profile_id: Annotated[
        _Text | None, Meta(description="The same as `integration_id`.")
    ] = None
    provider: Annotated[_Text | None, Meta(description="Accepted if it is the account's.")] = None
    authentication_config_key: Annotated[
        _Text | None, Meta(description="Accepted if it is the account's.")
    ] = None
    environment: Annotated[_Text | None, Meta(description="Accepted if it is the account's.")] = (
        None
    )
    secrets: Annotated[dict[str, Json] | None, Meta(description="The same as `credentials`.")] = (
        None
    )
    setup_information: Annotated[
        dict[str, Json] | None, Meta(description="The same as `credentials`.")
    ] = None
    confirm_identity_change: Annotated[
        bool | None,
        Meta(description="Accept credentials of another account at the provider."),
    ] = None

    def values(self) -> dict[str, Json]:
        """Return the changes by the account's field."""
        return {
            name: value
            for name, value in structs.asdict(self).items()
            if value is not None and name not in (*_LINKED, *_FIXED, *_PROFILE, _CONFIRMS)
        }

    def credential_fields(self) -> dict[str, Json]:
        """Return the submitted credentials by field, from all three groups."""
        return {
            name: value
            for group in (self.setup_information, self.secrets, self.credentials)
            for name, value in (group or {}).items()
            if value is not None
        }

    def fixed(self) -> dict[str, str]:
        """Return the values that must be the account's already."""
        values = {field_: getattr(self, name) for name, field_ in _FIXED.items()}
        return {field_: value for field_, value in values.items() if value is not None}

    @property
    def profile_id(self) -> str | None:
        return self.connector_profile_id or self.integration_id


class SuspendQuery(Struct, frozen=True):
    revoke: Annotated[
        bool,
        Meta(
            description="Suspend it for good: its credentials are revoked at the provider and "
            "erased, and only linking it again helps."
        ),
    ] = False


class AccountMetaOut(Struct, frozen=True):
    provider: str
    category: str
    # This hub has no unified models, but clients expect the key.
    models: Mapping[str, Json] = field(default_factory=dict[str, Json])


@api.add("GET", "/accounts", scope=Scope.ACCOUNTS_READ, narrowed=True)
async def list_accounts(ctx: ApiContext, query: AccountsQuery) -> list[AccountOut]:
    """List linked accounts, newest first."""
    wanted = query.accounts(ctx.caller.narrowing)
    if wanted is None:
        return []
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        page = await Accounts(tx).page(wanted)
    return [_out(ctx, account) for account in page]


@api.add(
    "GET",
    "/accounts/{account_id}",
    scope=Scope.ACCOUNTS_READ,
    narrowed=True,
    raises=(AccountNotFound,),
)
async def get_account(ctx: ApiContext, account_id: str) -> AccountOut:
    """Return one linked account."""
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        account = await Accounts(tx).get(account_id)
    key = ctx.caller.narrowing
    if key is not None and not may_use(key, account):
        raise AccountNotFound(account_id=account_id)
    return _out(ctx, account)


@api.add("GET", "/accounts/{account_id}/meta", scope=Scope.ACCOUNTS_READ, raises=(AccountNotFound,))
async def get_account_meta(ctx: ApiContext, account_id: str) -> AccountMetaOut:
    """Return the provider of an account and its category."""
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        account = await Accounts(tx).get(account_id)
    connector = ctx.hub.catalog.find(account.provider)
    categories = () if connector is None else connector.categories
    return AccountMetaOut(account.provider, next(iter(categories), ""))


@api.add(
    "PATCH",
    "/accounts/{account_id}",
    scope=Scope.ACCOUNTS_WRITE,
    raises=(
        AccountNotFound,
        AccountNotUsable,
        CredentialRejected,
        IdentityChanged,
        InvalidFields,
        LinkedMeanwhile,
        SignInRequired,
        ProfileNotFound,
        ProfileDisabled,
        ProfileOfOtherConnector,
        ProviderTimeout,
        ProviderUnavailable,
        SignInUnsupported,
    ),
)
async def update_account(ctx: ApiContext, account_id: str, body: AccountChange) -> AccountOut:
    """Change an account's owner, names, use and credentials.

    New credentials are verified with the provider first; then everything changes, or nothing.
    """
    values, fixed, submitted = body.values(), body.fixed(), body.credential_fields()
    hub, project_id = ctx.hub, ctx.caller.project_id
    rotated = None
    if submitted:
        rotated = await rotation.verify_rotation(
            hub, project_id, account_id, cast("dict[str, str]", submitted)
        )
    async with hub.db.write(project_id, ctx.actor) as tx:
        _require_as_linked(await Accounts(tx).get(account_id), fixed)
        if rotated is not None:
            confirmed = body.confirm_identity_change is True
            await rotation.apply_rotation(tx, hub.vault, rotated, confirm_identity_change=confirmed)
        changed = await accounts.change(tx, hub, account_id, values, profile_id=body.profile_id)
        return _out(ctx, changed)


@api.add(
    "DELETE",
    "/accounts/{account_id}",
    scope=Scope.ACCOUNTS_WRITE,
    raises=(AccountNotFound, RevocationUnderWay),
)
async def delete_account(ctx: ApiContext, account_id: str) -> AccountOut:
    """Delete an account and its credentials, and return its last state.

    Where the connector can, the credentials are revoked at the provider first. The account is
    deleted even if that fails; `revocation` says so.
    """
    ended = await revocation.delete(ctx.hub, ctx.caller.project_id, ctx.actor, account_id)
    return _ended_out(ctx, *ended)


@api.add(
    "POST",
    "/jackfield/accounts/{account_id}/check",
    scope=Scope.ACCOUNTS_WRITE,
    raises=(AccountNotFound,),
)
async def check_account(ctx: ApiContext, account_id: str) -> AccountOut:
    """Verify the account's credentials with the provider."""
    checked = await accounts.check(ctx.hub, ctx.caller.project_id, ctx.actor, account_id)
    return _out(ctx, checked)


@api.add(
    "POST",
    "/jackfield/accounts/{account_id}/suspend",
    scope=Scope.ACCOUNTS_WRITE,
    raises=(AccountNotFound, RevocationUnderWay),
)
async def suspend_account(ctx: ApiContext, account_id: str, query: SuspendQuery) -> AccountOut:
    """Pause an account: its actions are refused until it is resumed."""
    if query.revoke:
        hub, project_id = ctx.hub, ctx.caller.project_id
        ended = await revocation.suspend_for_good(hub, project_id, ctx.actor, account_id)
        return _ended_out(ctx, *ended)
    async with ctx.hub.db.write(ctx.caller.project_id, ctx.actor) as tx:
        return _out(ctx, await accounts.suspend(tx, account_id))


@api.add(
    "POST",
    "/jackfield/accounts/{account_id}/resume",
    scope=Scope.ACCOUNTS_WRITE,
    raises=(AccountNotFound, PausedByOwner),
)
async def resume_account(ctx: ApiContext, account_id: str) -> AccountOut:
    """Let a suspended account be used again."""
    async with ctx.hub.db.write(ctx.caller.project_id, ctx.actor) as tx:
        return _out(ctx, await accounts.resume(tx, account_id))


def _require_as_linked(account: Account, fixed: Mapping[str, str]) -> None:
    """
    Require that the fixed fields of a change are those of the account.

    Raises:
        InvalidRequest: one of them is different.
    """
    faults = [
        Fault(
            name, f"is {getattr(account, field_)!r} and cannot change; link another account instead"
        )
        for name, field_ in _FIXED.items()
        if fixed.get(field_, getattr(account, field_)) != getattr(account, field_)
    ]
    if faults:
        msg = "; ".join(f"{fault.path} {fault.message}" for fault in faults)
        raise InvalidRequest(msg, faults=faults)


def _ended_out(ctx: ApiContext, account: Account, outcome: RevocationOutcome) -> AccountOut:
    revoked = RevocationOut(outcome.result, outcome.proved, outcome.detail)
    return structs.replace(_out(ctx, account), revocation=revoked)


def _out(ctx: ApiContext, account: Account) -> AccountOut:
    connector = ctx.hub.catalog.find(account.provider)
    return AccountOut.of(
        account, provider_name=account.provider if connector is None else connector.title
    )

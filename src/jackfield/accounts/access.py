"""Access to an account and to what its provider accepts: the one loader of accounts in use.

Secrets stay sealed until `open_credentials`, which is done last, so that what is cached and passed
along is ciphertext.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from jackfield.accounts import credentials as sealing
from jackfield.accounts.credentials import Credentials
from jackfield.accounts.decoys.repo import Decoys
from jackfield.accounts.models import (
    Account,
    AccountNotFound,
    AccountNotUsable,
    CredentialsUnreadable,
)
from jackfield.accounts.repo import Accounts
from jackfield.accounts.tokens.models import SealedTokens, TokenTimes
from jackfield.accounts.tokens.store import load_tokens, secret_values
from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.catalog import Catalog
from jackfield.connectors.connector import Connector
from jackfield.db.tx import Tx
from jackfield.kit.ids import ProjectId
from jackfield.profiles import setup as setups
from jackfield.profiles.models import (
    ActionNotAllowed,
    Profile,
    ProfileNotFound,
    ProfileOfOtherConnector,
)
from jackfield.profiles.repo import Profiles
from jackfield.projects.key_limits import Narrowing
from jackfield.runtime import Hub
from jackfield.secrets.store import SealedBundle, SealedSecrets, open_bundle
from jackfield.vault.cipher import SealBroken


@dataclass(frozen=True, slots=True)
class AccountAccess:
    """An account, the connector profile it is used under, and the secrets of both, sealed.

    `narrowing` is another profile that a caller named: it must allow what is done, too, and gives
    nothing of its own. So must the `key` that the caller has, if it is a narrowed one.

    It may be cached: the connector is looked up at each use, because it can be reloaded meanwhile.
    """

    project_id: ProjectId
    account: Account
    profile: Profile
    secrets: SealedBundle
    setup: SealedBundle
    catalog: Catalog = field(repr=False)
    narrowing: Profile | None = None
    tokens: SealedTokens | None = None
    # Nothing is sent with its invented credentials, and a use of it is an alarm.
    is_decoy: bool = False
    key: Narrowing | None = None

    @property
    def profiles(self) -> tuple[Profile, ...]:
        """The profiles that must all let something happen, the account's own first."""
        return (self.profile,) if self.narrowing is None else (self.profile, self.narrowing)

    @property
    def connector(self) -> Connector:
        """
        The account's connector, in the version that its profile is pinned to if there is it.

        Raises:
            AccountNotUsable: the hub no longer has it.
        """
        connector = self.catalog.find(self.account.provider, self.profile.pinned_version)
        if connector is None:
            msg = (
                f"the hub no longer has the connector {self.account.provider!r}; "
                "put it back, or delete the account"
            )
            raise AccountNotUsable(msg, account_id=self.account.id)
        return connector

    @property
    def method(self) -> AuthMethod:
        """
        The auth method the account was linked by.

        Raises:
            AccountNotUsable: the connector no longer has it, or the hub no longer has the connector.
        """
        return method_of(self.connector, self.account.auth_method, account=self.account)

    @property
    def token_times(self) -> Mapping[str, TokenTimes]:
        """The times of each access token, by its credential; empty if there is none."""
        return {} if self.tokens is None else self.tokens.state.times

    @property
    def cache_key(self) -> str:
        """A key for values that depend on the credentials: it changes when they are replaced."""
        return f"{self.account.id}/{self.account.generation}"

    def allows(self, action_id: str) -> bool:
        """Return whether the account, its profiles and the caller's key all allow an action."""
        return (
            self.account.allows(action_id)
            and all(profile.allows(action_id) for profile in self.profiles)
            and (self.key is None or action_id in self.key.actions_of(self.connector))
        )

    def require_allowed(self, action_id: str) -> None:
        """
        Raise unless an action may be run now, with the connector that is loaded.

        Raises:
            ActionNotAllowed: the account was not linked for it, or a profile or the caller's key
                does not allow it.
            ConnectorVersionNotLoaded: a profile is pinned to another version of the connector.
        """
        for profile in self.profiles:
            profile.require_allowed(action_id)
        self.account.require_allowed(action_id)
        if self.key is not None and action_id not in self.key.actions_of(self.connector):
            msg = f"this API key is narrowed, and may not run {action_id!r}"
            raise ActionNotAllowed(msg)
        for profile in self.profiles:
            profile.require_version(self.connector.version)

    @property
    def allowed_actions(self) -> frozenset[str] | None:
        """The ids of the actions that may be run; `None` means all."""
        lists = [each.allowed_actions for each in (*self.profiles, self.account)]
        limits: list[Collection[str]] = [allowed for allowed in lists if allowed is not None]
        if self.key is not None:
            limits.append(self.key.actions_of(self.connector))
        return frozenset(filter(self.allows, limits[0])) if limits else None


async def load(
    tx: Tx,
    hub: Hub,
    account_id: str,
    *,
    profile_id: str | None = None,
    method_required: bool = True,
) -> AccountAccess:
    """
    Load an account in any status, under its own profile, narrowed by `profile_id`'s.

    Without `method_required`, the connector and the auth method may no longer exist.

    Raises:
        AccountNotFound: the project has no such account.
        AccountNotUsable: its auth method is required, and it or the connector no longer exists.
        ProfileOfOtherConnector: the profile is not one of the account's connector.
    """
    access = await _load(tx, hub, await Accounts(tx).get(account_id), profile_id)
    # A reading transaction of SQLite sees what is written meanwhile: credentials of another
    # generation than the account's would not open.
    while (again := await Accounts(tx).get(account_id)).generation != access.account.generation:
        access = await _load(tx, hub, again, profile_id)
    if method_required:
        method_of(access.connector, access.account.auth_method, account=access.account)
    return access


async def _load(tx: Tx, hub: Hub, account: Account, profile_id: str | None) -> AccountAccess:
    profile = await _profile(tx, account, account.profile_id)
    named = profile_id not in (None, "", account.profile_id)
    secrets = SealedSecrets(tx, hub.vault)
    return AccountAccess(
        tx.project_id,
        account,
        profile,
        await secrets.sealed(sealing.owner_of(tx.project_id, account)),
        await secrets.sealed(setups.owner_of(tx.project_id, profile)),
        hub.catalog,
        await _profile(tx, account, profile_id or "") if named else None,
        await load_tokens(tx, hub.vault, account.id),
        await Decoys(tx).find(account.id) is not None,
    )


async def load_usable(
    hub: Hub,
    project_id: ProjectId,
    account_id: str,
    *,
    profile_id: str | None = None,
    key: Narrowing | None = None,
) -> AccountAccess:
    """
    Return an account after all checks that its use needs, narrowed by the caller's `key`.

    Raises:
        AccountNotFound: the project has no such account, or the key may not use it.
        AccountNotUsable: it is not active, or the hub no longer has its connector.
        ProfileOfOtherConnector: the profile is not one of the account's connector.
        ProfileDisabled: it is switched off.
    """
    access = await load_cached(hub, project_id, account_id, profile_id=profile_id)
    if key is not None:
        access = _narrowed(access, key)
    access.account.require_usable()
    for profile in access.profiles:
        profile.require_active()
    # Raises if the hub no longer has it.
    _ = access.connector
    return access


async def load_cached(
    hub: Hub, project_id: ProjectId, account_id: str, *, profile_id: str | None = None
) -> AccountAccess:
    """
    Return an account in any status, cached until the project or the account's tokens change.

    New credentials are a change: they have another generation, for which the old ones do not open.

    Raises:
        AccountNotFound, ProfileOfOtherConnector: as `load`.
    """
    entries = await hub.cache.entries(hub.db, project_id)
    access: AccountAccess | None = entries.get(("access", account_id, profile_id))
    if access is None:
        async with hub.db.read(project_id) as tx:
            access = await load(tx, hub, account_id, profile_id=profile_id, method_required=False)
        entries["access", account_id, profile_id] = access
    return access


def may_use(key: Narrowing, account: Account) -> bool:
    """Return whether a narrowed key may use an account."""
    return key.allows_account(account.id, owner=account.origin_owner_id, provider=account.provider)


def _narrowed(access: AccountAccess, key: Narrowing) -> AccountAccess:
    if not may_use(key, access.account):
        raise AccountNotFound(account_id=access.account.id)
    return replace(access, key=key)


def open_credentials(hub: Hub, access: AccountAccess) -> Credentials:
    """
    Open an account's credentials: the setup of its profile, its own values, and its tokens.

    `expiresIn` among them are the seconds that are left of the access token.

    Raises:
        CredentialsUnreadable: they are damaged or lost, or were not sealed for this account.
        SealBroken: the setup was not sealed for this profile.
    """
    secrets = open_secrets(hub, access)
    tokens = {} if access.tokens is None else open_tokens(hub, access)
    if secrets is None or tokens is None:
        unreadable = CredentialsUnreadable(account_id=access.account.id)
        unreadable.relink = access.account.id
        raise unreadable
    values, secret = {**access.account.public_values, **secrets}, list(secrets.values())
    if tokens:
        values |= tokens | _seconds_left(hub, access)
        secret += secret_values(tokens)
    return Credentials.of(
        values,
        secrets=secret,
        setup=setups.open_setup(hub.vault, access.setup, access.profile),
        is_decoy=access.is_decoy,
    )


def open_fields(hub: Hub, access: AccountAccess) -> dict[str, str]:
    """
    Open the values of the account's form, to edit them.

    Secrets that can no longer be read are left out: they must be given again.
    """
    values = {**access.account.public_values, **(open_secrets(hub, access) or {})}
    tenants = access.method.tenants
    # The sign-in decides about the tenant, not the form.
    told = {} if tenants is None else tenants.shown_of(values)
    return {name: value for name, value in values.items() if name not in told}


def open_secrets(hub: Hub, access: AccountAccess) -> dict[str, str] | None:
    """Open an account's own secrets; `None` if they are damaged or lost."""
    if not access.secrets.fields and _has_secrets(access):
        return None
    try:
        return open_bundle(hub.vault, access.secrets)
    except SealBroken:
        return None


def open_tokens(hub: Hub, access: AccountAccess) -> dict[str, str] | None:
    """Open an account's tokens; empty if it has none, `None` if they are damaged or lost."""
    if access.tokens is None:
        return {}
    try:
        return open_bundle(hub.vault, access.tokens.secrets) or None
    except SealBroken:
        return None


def _seconds_left(hub: Hub, access: AccountAccess) -> dict[str, str]:
    ends = None if access.tokens is None else access.tokens.state.expires_at
    if ends is None:
        return {}
    return {"expiresIn": str(max(0, int((ends - hub.clock()).total_seconds())))}


def method_of(
    connector: Connector,
    key: str,
    *,
    account: Account | None = None,
    remedy: str = "link the account again",
) -> AuthMethod:
    """
    Return the auth method `key` of a connector; `remedy` is the advice if it is gone.

    Raises:
        AccountNotUsable: the connector no longer has it.
    """
    method = connector.find_auth_method(key)
    if method is None:
        msg = f"the connector {connector.key!r} no longer has the auth method {key!r}; {remedy}"
        if account is None:
            raise AccountNotUsable(msg)
        refused = AccountNotUsable(msg, account_id=account.id)
        refused.relink = account.id
        raise refused
    return method


def _has_secrets(access: AccountAccess) -> bool:
    connector = access.catalog.find(access.account.provider, access.profile.pinned_version)
    method = None if connector is None else connector.find_auth_method(access.account.auth_method)
    return method is not None and needs_secrets(method)


def needs_secrets(method: AuthMethod) -> bool:
    """Return whether linking by this method needs a secret."""
    return any(
        field.secret and field.required and field.condition is None and field.value is None
        for field in method.config_fields
    )


async def _profile(tx: Tx, account: Account, profile_id: str) -> Profile:
    try:
        profile = await Profiles(tx).get(profile_id)
    except ProfileNotFound as missing:
        raise ProfileOfOtherConnector from missing
    if profile.connector_key != account.provider:
        raise ProfileOfOtherConnector
    return profile

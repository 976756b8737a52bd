"""What a run needs of an account, remembered between requests: credentials as ciphertext."""

from dataclasses import dataclass

from jackfield.accounts import credentials as sealing
from jackfield.accounts.credentials import Credentials
from jackfield.accounts.models import Account
from jackfield.accounts.repo import Accounts
from jackfield.db.tx import Tx
from jackfield.kit.ids import ProjectId
from jackfield.profiles.models import Profile, ProfileNotFound, ProfileOfOtherConnector
from jackfield.profiles.repo import Profiles
from jackfield.profiles.setup import open_setup, owner_of
from jackfield.runtime import Hub
from jackfield.secrets.store import SealedBundle, SealedSecrets


@dataclass(frozen=True, slots=True)
class Held:
    """An account and the connector profile it is used under."""

    account: Account
    sealed: SealedBundle
    profile: Profile
    sealed_setup: SealedBundle

    def allows(self, action_id: str) -> bool:
        """Tell whether the account was linked for an action, and its profile lets it run it."""
        return self.profile.allows(action_id) and self.account.allows(action_id)

    @property
    def allowed_actions(self) -> frozenset[str] | None:
        """The ids of the actions that may be run; `None` means all."""
        lists = (self.profile.allowed_actions, self.account.allowed_actions)
        given = [each for each in lists if each is not None]
        return frozenset(filter(self.allows, given[0])) if given else None


async def hold(
    hub: Hub, project_id: ProjectId, account_id: str, *, profile_id: str | None = None
) -> Held:
    """
    Return an account that can be used now, under its own profile or the one that is named.

    Raises:
        AccountNotFound: the project has no such account.
        AccountNotUsable: it is not active.
        ProfileOfOtherConnector: the profile is not one of the account's connector.
        ProfileDisabled: it is switched off.
    """
    entries = await hub.cache.entries(hub.db, project_id)
    held: Held | None = entries.get(("held", account_id, profile_id))
    if held is None:
        async with hub.db.read(project_id) as tx:
            held = await _read(tx, hub, account_id, profile_id)
        entries["held", account_id, profile_id] = held
    held.account.require_usable()
    held.profile.require_active()
    return held


def open_held(hub: Hub, held: Held) -> Credentials:
    setup = open_setup(hub.vault, held.sealed_setup, held.profile)
    return sealing.open_sealed(hub.vault, held.sealed, held.account, setup=setup)


async def _read(tx: Tx, hub: Hub, account_id: str, profile_id: str | None) -> Held:
    account = await Accounts(tx).get(account_id)
    secrets = SealedSecrets(tx, hub.vault)
    sealed = await secrets.sealed(sealing.owner_of(tx.project_id, account))
    try:
        profile = await Profiles(tx).get(profile_id or account.profile_id)
    except ProfileNotFound as missing:
        raise ProfileOfOtherConnector from missing
    if profile.connector_key != account.provider:
        raise ProfileOfOtherConnector
    return Held(account, sealed, profile, await secrets.sealed(owner_of(tx.project_id, profile)))

"""Changes of a connector profile, and of the accounts that follow it."""

from collections.abc import Mapping
from dataclasses import replace

from jackfield.accounts.models import AccountStatus, StatusReason
from jackfield.accounts.repo import Accounts
from jackfield.accounts.status import announce
from jackfield.db.tx import Tx
from jackfield.events.models import EventType
from jackfield.kit.json import Json
from jackfield.profiles import service as profiles
from jackfield.profiles.models import Profile, ProfileInUse
from jackfield.profiles.repo import Profiles
from jackfield.profiles.setup import leads_elsewhere
from jackfield.runtime import Hub


async def change_profile(tx: Tx, hub: Hub, profile_id: str, values: Mapping[str, Json]) -> Profile:
    """
    Change a profile (see `profiles.change`); its accounts are inactive while it is.

    Accounts that are suspended or failing keep that status.

    Raises:
        ProfileInUse: the secrets of accounts would go to another address than they were given for.
    """
    setup = await profiles.readable_setup_of(tx, hub, await Profiles(tx).get(profile_id))
    before, profile = await profiles.change(tx, hub, profile_id, values)
    changed = await profiles.readable_setup_of(tx, hub, profile)
    if leads_elsewhere(hub, profile, setup, changed):
        await _require_unused(tx, profile, "make another profile for the new address")
    if before.active and not profile.active:
        reason = StatusReason("profile_disabled", "The connector profile was disabled.", tx.now)
        await _move(tx, profile, AccountStatus.ACTIVE, AccountStatus.INACTIVE, (reason,))
    elif profile.active and not before.active:
        await _move(tx, profile, AccountStatus.INACTIVE, AccountStatus.ACTIVE, ())
    return profile


async def remove_profile(tx: Tx, profile_id: str) -> Profile:
    """
    Delete a profile, and return it as it was.

    Raises:
        ProfileNotFound: the project has no such profile.
        ProfileInUse: accounts are linked with it.
    """
    profile = await Profiles(tx).get(profile_id)
    await _require_unused(tx, profile, "delete them first, or disable the profile")
    await profiles.remove(tx, profile)
    return profile


async def _require_unused(tx: Tx, profile: Profile, remedy: str) -> None:
    count = await Accounts(tx).count_of_profile(profile.id)
    if count:
        accounts = "1 account is" if count == 1 else f"{count} accounts are"
        msg = f"{accounts} linked with {profile.name!r}; {remedy}"
        raise ProfileInUse(msg, profile_id=profile.id)


async def _move(
    tx: Tx,
    profile: Profile,
    before: AccountStatus,
    after: AccountStatus,
    reasons: tuple[StatusReason, ...],
) -> None:
    moving = await Accounts(tx).of_profile(profile.id, before)
    moved = [
        replace(account, status=after, status_reasons=reasons, updated_at=tx.now)
        for account in moving
    ]
    await Accounts(tx).change_status(profile.id, before, after, reasons)
    await announce(tx, EventType.ACCOUNT_UPDATED, *moved)

"""Import of accounts from a file: what would be made, changed or refused, and then all of it or nothing."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from msgspec import structs

from jackfield.accounts import credentials as sealing
from jackfield.accounts.audit import record_account
from jackfield.accounts.health.repo import AccountChecks
from jackfield.accounts.health.schedule import next_check
from jackfield.accounts.history.repo import AccountHistory
from jackfield.accounts.identity import keep_identity
from jackfield.accounts.models import COPIED, Account, AccountNotFound, AccountStatus, StatusReason
from jackfield.accounts.repo import Accounts
from jackfield.accounts.status import announce, usable_status
from jackfield.accounts.tokens import store as tokens
from jackfield.accounts.tokens.models import TokenState
from jackfield.accounts.tokens.repo import AccountTokens
from jackfield.audit.models import AuditKind
from jackfield.db.tx import Tx
from jackfield.events.models import EventType
from jackfield.kit.actor import Actor
from jackfield.kit.errors import Fault
from jackfield.kit.ids import ProjectId
from jackfield.moves.export import BRANDING
from jackfield.moves.models import (
    AccountPart,
    Bundle,
    MoveRefused,
    ProfilePart,
    TokensPart,
)
from jackfield.moves.parts import account_part
from jackfield.moves.repo import MovedRows
from jackfield.profiles.audit import record_profile
from jackfield.profiles.models import Profile, ProfileNotFound
from jackfield.profiles.repo import Profiles
from jackfield.profiles.setup import owner_of
from jackfield.projects.service import change_settings
from jackfield.runtime import Hub
from jackfield.secrets.store import SealedSecrets

_COPIED: Final = (
    "The account was copied from a hub that may still renew its tokens: two hubs that do so lock "
    "each other out. Suspend it there, then resume it here."
)


class Fate(StrEnum):
    """What an import does with a profile or an account."""

    MADE = "made"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Step:
    """One profile or account of a file, what an import does with it, and why."""

    id: str
    connector: str
    fate: Fate
    why: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import does."""

    profiles: tuple[Step, ...]
    accounts: tuple[Step, ...]

    @property
    def refused(self) -> list[Step]:
        return [each for each in (*self.profiles, *self.accounts) if each.fate is Fate.REFUSED]


async def plan(tx: Tx, hub: Hub, bundle: Bundle, *, replaces: bool) -> Plan:
    """Return what an import of a file would do; it changes nothing."""
    elsewhere = await MovedRows(tx).of_other_projects(
        [each.account.id for each in bundle.accounts],
        [each.profile.id for each in bundle.profiles],
    )
    profiles = [await _profile_step(tx, hub, each, elsewhere) for each in bundle.profiles]
    fine = {each.id for each in profiles if each.fate is not Fate.REFUSED}
    accounts: list[Step] = []
    for part in bundle.accounts:
        account = part.account
        fate, why = Fate.REFUSED, _account_fault(hub, part, elsewhere, fine)
        if not why:
            fate, why = await _account_fate(tx, hub, bundle, part)
            if fate is Fate.CHANGED and not replaces:
                fate = Fate.REFUSED
                why = "an account with this id is there already: with --replace it gets this one"
        accounts.append(Step(account.id, account.provider, fate, why))
    return Plan(tuple(profiles), tuple(accounts))


async def arrive(
    hub: Hub,
    project_id: ProjectId,
    actor: Actor,
    bundle: Bundle,
    *,
    replaces: bool = False,
    brands: bool = False,
) -> Plan:
    """
    Make or change all that is in a file, and compare what is there then with it.

    Raises:
        MoveRefused: something is refused, or is not there as it was written; nothing was changed.
    """
    async with hub.db.write(project_id, actor) as tx:
        done = await plan(tx, hub, bundle, replaces=replaces)
        if done.refused:
            raise MoveRefused.of([Fault(each.id, each.why) for each in done.refused])
        fates = {each.id: each.fate for each in (*done.profiles, *done.accounts)}
        for profile in bundle.profiles:
            if fates[profile.profile.id] is Fate.MADE:
                await _add_profile(tx, hub, profile)
        for account in bundle.accounts:
            if fates[account.account.id] is not Fate.SAME:
                await _put(tx, hub, bundle, account)
        if brands:
            known = {n: v for n, v in bundle.header.branding.items() if n in BRANDING}
            await change_settings(tx, known)
    return done


async def _profile_step(tx: Tx, hub: Hub, part: ProfilePart, elsewhere: frozenset[str]) -> Step:
    profile = part.profile
    key = profile.connector_key
    if profile.id in elsewhere:
        return Step(profile.id, key, Fate.REFUSED, "another project of this hub has its id")
    try:
        known = await Profiles(tx).get(profile.id)
    except ProfileNotFound:
        if await MovedRows(tx).is_deleted_profile(profile.id):
            why = "it was deleted here, and its id is not used again"
            return Step(profile.id, key, Fate.REFUSED, why)
        why = _connector_fault(hub, key, profile.auth_method, part.connector_version, profile)
        return Step(profile.id, key, Fate.REFUSED if why else Fate.MADE, why)
    if (known.connector_key, known.auth_method, known.environment, known.setup) != (
        key,
        profile.auth_method,
        profile.environment,
        profile.setup,
    ):
        why = "a profile with this id is there, with another setup, under which tokens are no good"
        return Step(profile.id, key, Fate.REFUSED, why)
    return Step(profile.id, key, Fate.SAME)


def _connector_fault(
    hub: Hub, key: str, method: str, version: str | None, profile: Profile | None = None
) -> str:
    connector = hub.catalog.find(key, None if profile is None else profile.pinned_version)
    if connector is None:
        return f"this hub has no connector {key!r}: bring it, or upload it"
    if connector.find_auth_method(method) is None:
        return f"the connector {key!r} has no auth method {method!r} here"
    if version is not None and _numbers(connector.version) < _numbers(version):
        return (
            f"the connector {key!r} is version {connector.version} here, and {version} where the "
            "account comes from: bring that one first"
        )
    return ""


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdecimal() else 0 for part in version.split("."))


def _account_fault(
    hub: Hub, part: AccountPart, elsewhere: frozenset[str], profiles: set[str]
) -> str:
    account = part.account
    if account.id in elsewhere:
        return "another project of this hub has an account with its id"
    if account.profile_id not in profiles:
        return f"its connector profile {account.profile_id} is refused or not in the file"
    return _connector_fault(hub, account.provider, account.auth_method, part.connector_version)


async def _account_fate(tx: Tx, hub: Hub, bundle: Bundle, part: AccountPart) -> tuple[Fate, str]:
    account = part.account
    try:
        known = await Accounts(tx).get(account.id)
    except AccountNotFound:
        return Fate.MADE, ""
    if known.provider != account.provider:
        return Fate.REFUSED, f"the account with this id is one of {known.provider!r}"
    if known.profile_id == account.profile_id:
        there = await account_part(tx, hub, account.id)
        expected = await _expected(tx, bundle, part, None)
        if there is not None and _comparable(there) == _comparable(expected):
            return Fate.SAME, ""
    return Fate.CHANGED, ""


async def _expected(
    tx: Tx, bundle: Bundle, part: AccountPart, known: Account | None
) -> AccountPart:
    """Return a part as it is to be there afterwards."""
    account, state = part.account, None if part.tokens is None else part.tokens.state
    if account.status in (AccountStatus.ACTIVE, AccountStatus.INACTIVE):
        account = replace(account, status=await usable_status(tx, account))
    is_copy = not bundle.header.moved and part.tokens is not None
    if is_copy and part.tokens is not None and part.tokens.has_refresh_token:
        # At the time of the file, so that the same file gives the same.
        reason = StatusReason(COPIED, _COPIED, bundle.header.made_at)
        kept = account.status_reasons if account.status is AccountStatus.SUSPENDED else ()
        account = replace(account, status=AccountStatus.SUSPENDED, status_reasons=(*kept, reason))
    if known is not None:
        account = replace(account, generation=max(known.generation + 1, account.generation))
    if state is not None:
        state = await _expected_state(tx, state, known)
    tokens_part = part.tokens and state and TokensPart(state, part.tokens.values)
    return structs.replace(part, account=account, tokens=tokens_part)


async def _expected_state(tx: Tx, state: TokenState, known: Account | None) -> TokenState:
    """Return the state of tokens as it is there afterwards: they are renewed when they are used."""
    before = None if known is None else await AccountTokens(tx).find(known.id)
    state = replace(
        state,
        due_at=None,
        failures=0,
        failed_at=None,
        failure_code=None,
        retry_at=None,
        asked=None,
    )
    if before is None:
        return state
    # What a renewal under way gets for those before is dropped.
    number = max(before.intent + 1, state.generation)
    return replace(state, generation=number, intent=max(number, state.intent))


async def _add_profile(tx: Tx, hub: Hub, part: ProfilePart) -> None:
    default = await Profiles(tx).find_default(part.profile.connector_key)
    profile = replace(part.profile, is_default=part.profile.is_default and default is None)
    if default is None:
        profile = replace(profile, is_default=True)
    await Profiles(tx).add(profile)
    await SealedSecrets(tx, hub.vault).put(owner_of(tx.project_id, profile), part.secrets)
    await record_profile(tx, AuditKind.PROFILE_CREATED, None, profile)
    await tx.touch()


async def _put(tx: Tx, hub: Hub, bundle: Bundle, part: AccountPart) -> None:
    try:
        known = await Accounts(tx).get(part.account.id)
    except AccountNotFound:
        known = None
    expected = await _expected(tx, bundle, part, known)
    account = expected.account
    if known is None:
        await Accounts(tx).add(account)
    else:
        await Accounts(tx).save(account)
    owner = sealing.owner_of(tx.project_id, account)
    await SealedSecrets(tx, hub.vault).put(owner, expected.secrets)
    if expected.tokens is None:
        await tokens.remove_tokens(tx, account.id)
    else:
        await tokens.put_state(tx, hub.vault, expected.tokens.state, expected.tokens.values)
    await keep_identity(tx, hub.vault, account.id, frozenset(expected.identity))
    await AccountHistory(tx).put(account.id, expected.history)
    is_used = account.status is not AccountStatus.SUSPENDED
    await AccountChecks(tx).schedule(account, next_check(tx.now) if is_used else None)
    there = await account_part(tx, hub, account.id)
    if there is None or _comparable(there) != _comparable(expected):
        fault = Fault(account.id, "what was read back is not what was written")
        raise MoveRefused.of([fault])
    if is_used and expected.tokens is not None and expected.tokens.has_refresh_token:
        await AccountTokens(tx).postpone(account.id, tx.now)
    event = EventType.ACCOUNT_CREATED if known is None else EventType.ACCOUNT_UPDATED
    await announce(tx, event, account)
    await record_account(tx, AuditKind.ACCOUNT_IMPORTED, known, account)


def _comparable(part: AccountPart) -> str:
    """Return the digest of a part without what is each hub's own."""
    tokens_part = part.tokens and TokensPart(
        replace(part.tokens.state, due_at=None), part.tokens.values
    )
    return structs.replace(part, connector_version=None, tokens=tokens_part).digest

"""Minting of narrowed keys: what one is asked for is checked against the key that mints it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import asdict, replace

from jackfield.audit.models import AuditKind
from jackfield.audit.service import record
from jackfield.connectors.catalog import Catalog
from jackfield.db.tx import Row, Tx
from jackfield.kit.errors import Conflict, Fault, InvalidRequest
from jackfield.kit.ids import ApiKeyId
from jackfield.kit.json import Json
from jackfield.projects.key_limits import DEEPEST, KeyLimits, Narrowing, matches
from jackfield.projects.models import ApiKey, ApiKeyNotFound, ApiKeyToken, KeyState
from jackfield.projects.narrowed_keys.models import (
    DEFAULT_MINUTES,
    LONGEST_MINUTES,
    MOST_CALLS,
    MOST_CHILDREN,
    MOST_GRANDCHILDREN,
    MOST_VALUES,
    KeyNotNarrowed,
    KeyWiderThanParent,
    TooManyNarrowedKeys,
)
from jackfield.projects.narrowed_keys.repo import NarrowedKeys
from jackfield.projects.repo import ApiKeys

_LONGEST: Final = 255
_LISTS: Final = ("account_ids", "connectors", "actions", "effects")


@dataclass(frozen=True, slots=True)
class MintedKey:
    """A new narrowed key, with its token: the only time that can be read."""

    key: ApiKey
    token: ApiKeyToken


@dataclass(frozen=True, slots=True)
class _Family:
    """The key that mints, or is narrowed further, and those it comes from."""

    keys: Sequence[ApiKey]
    narrowing: Narrowing
    calls_left: int | None
    expires_at: datetime | None


async def mint(
    tx: Tx,
    catalog: Catalog,
    parent_id: str,
    limits: KeyLimits,
    *,
    name: str,
    minutes: int | None = None,
) -> MintedKey:
    """
    Mint a key that may do no more than its parent; without `minutes` for an hour, or as long as it.

    Raises:
        ApiKeyNotFound: the project has no such parent.
        Conflict: the parent does not work, or may mint no more.
        InvalidRequest: the limits cannot be used; all faults are named.
        KeyWiderThanParent: they allow more than the parent may; each point is named.
    """
    family = await _family(tx, parent_id)
    if len(family.keys) >= DEEPEST:
        msg = f"a key that was narrowed {DEEPEST - 1} times is narrowed no further"
        raise TooManyNarrowedKeys(msg)
    most = MOST_CHILDREN if len(family.keys) == 1 else MOST_GRANDCHILDREN
    if await NarrowedKeys(tx).count_working(family.keys[0].id) >= most:
        msg = f"{most} keys that work come from this one: revoke some, or let them expire"
        raise TooManyNarrowedKeys(msg)
    await _require_narrower(tx, catalog, family, limits, minutes=minutes)
    key_id, token = ApiKeyId.new(tx.now), ApiKeyToken.mint()
    ends = _end(tx.now, family, minutes)
    await ApiKeys(tx).add(key_id, token, name=name, scopes=(), expires_at=ends)
    await NarrowedKeys(tx).adopt(key_id, family.keys[0].id, limits)
    if limits.calls is not None:
        await NarrowedKeys(tx).set_calls(key_id, limits.calls)
    made = (await NarrowedKeys(tx).chain(key_id))[0]
    about = {"name": name, "expires_at": ends, "from": [each.id for each in family.keys]}
    await record(tx, AuditKind.KEY_CREATED, key_id, after={**about, **_plain(limits)})
    return MintedKey(made, token)


async def narrow_further(
    tx: Tx, catalog: Catalog, key_id: str, limits: KeyLimits, *, minutes: int | None = None
) -> ApiKey:
    """
    Let a narrowed key, and so all that come from it, do less from now on.

    What `limits` leave out stays as it is. `calls` and `minutes` are those that are left to it.

    Raises:
        ApiKeyNotFound: the project has no such key.
        Conflict: it does not work any more, or is not narrowed.
        InvalidRequest: the limits cannot be used; all faults are named.
        KeyWiderThanParent: they allow more than it may now; each point is named.
    """
    family = await _family(tx, key_id)
    key = family.keys[0]
    if key.limits is None:
        raise KeyNotNarrowed
    await _require_narrower(tx, catalog, family, limits, minutes=minutes)
    given = {name: value for name, value in asdict(limits).items() if value is not None}
    changed = replace(key.limits, **given)
    if limits.calls is not None:
        changed = replace(changed, calls=(key.calls_used or 0) + limits.calls)
        await NarrowedKeys(tx).set_calls(key.id, (key.calls_used or 0) + limits.calls)
    ends = family.expires_at if minutes is None else _end(tx.now, family, minutes)
    await NarrowedKeys(tx).change(key.id, changed, expires_at=ends)
    before = {"expires_at": key.expires_at, **_plain(key.limits)}
    await record(
        tx,
        AuditKind.KEY_CHANGED,
        key.id,
        before=before,
        after={"expires_at": ends, **_plain(changed)},
    )
    return (await NarrowedKeys(tx).chain(key.id))[0]


async def require_descendant(tx: Tx, ancestor: ApiKeyId, key_id: str) -> ApiKey:
    """
    Return a key that comes from `ancestor`, or is it.

    Raises:
        ApiKeyNotFound: there is none.
    """
    chain = await NarrowedKeys(tx).chain(key_id)
    if ancestor not in (each.id for each in chain):
        raise ApiKeyNotFound
    return chain[0]


async def _family(tx: Tx, key_id: str) -> _Family:
    chain = await NarrowedKeys(tx).chain(key_id)
    if not chain:
        raise ApiKeyNotFound
    for key in chain:
        if (state := key.state(tx.now)) is not KeyState.ACTIVE:
            msg = f"the API key {key.id} is {state.value}"
            raise Conflict(msg)
    limits = [(key.id, key.limits or KeyLimits()) for key in chain]
    ends = [key.expires_at for key in chain if key.expires_at is not None]
    left = [key.calls_left for key in chain if key.calls_left is not None]
    narrowing = Narrowing.of(limits, created_at=chain[0].created_at)
    return _Family(chain, narrowing, min(left, default=None), min(ends, default=None))


def _end(now: datetime, family: _Family, minutes: int | None) -> datetime:
    end = now + timedelta(minutes=DEFAULT_MINUTES if minutes is None else minutes)
    return end if family.expires_at is None else min(end, family.expires_at)


async def _require_narrower(
    tx: Tx, catalog: Catalog, family: _Family, limits: KeyLimits, *, minutes: int | None
) -> None:
    wanted = limits.account_ids or ()
    accounts = await NarrowedKeys(tx).accounts(wanted) if wanted else {}
    if family.narrowing.parents:
        # Of others a narrowed key is not told that they exist.
        accounts = {
            account_id: each
            for account_id, each in accounts.items()
            if family.narrowing.allows_account(
                account_id, owner=each["origin_owner_id"], provider=each["provider"]
            )
        }
    faults = [
        *_form_faults(limits, minutes),
        *_account_faults(limits, accounts),
        *_catalog_faults(limits, catalog),
    ]
    if faults:
        raise InvalidRequest.of(faults)
    wider = [*_wider(limits, family), *_longer(tx.now, family, minutes)]
    if wider:
        raise KeyWiderThanParent.of(wider)
    if not _leaves_anything(limits, family.narrowing, catalog):
        raise InvalidRequest.of([Fault("actions", "no action is left that the key could run")])


def _form_faults(limits: KeyLimits, minutes: int | None) -> Iterator[Fault]:
    values = asdict(limits)
    for name in _LISTS:
        listed: Sequence[str] | None = values[name]
        if listed is not None and not 1 <= len(listed) <= MOST_VALUES:
            yield Fault(name, f"expected 1 to {MOST_VALUES} values; leave it out to limit nothing")
        for index, value in enumerate(listed or ()):
            if not 0 < len(value) <= _LONGEST:
                yield Fault(f"{name}[{index}]", f"expected 1 to {_LONGEST} characters")
    owner = limits.origin_owner_id
    if owner is not None and not 0 < len(owner) <= _LONGEST:
        yield Fault("origin_owner_id", f"expected 1 to {_LONGEST} characters")
    if limits.calls is not None and not 1 <= limits.calls <= MOST_CALLS:
        yield Fault("calls", f"expected 1 to {MOST_CALLS}")
    if minutes is not None and not 1 <= minutes <= LONGEST_MINUTES:
        yield Fault("minutes", f"expected 1 to {LONGEST_MINUTES}")


def _account_faults(limits: KeyLimits, accounts: dict[str, Row]) -> Iterator[Fault]:
    for index, account_id in enumerate(limits.account_ids or ()):
        found = accounts.get(account_id)
        if found is None:
            yield Fault(f"account_ids[{index}]", "no such account")
        elif limits.origin_owner_id not in (None, found["origin_owner_id"]):
            yield Fault(f"account_ids[{index}]", "is an account of another origin owner")
        elif limits.connectors is not None and found["provider"] not in limits.connectors:
            yield Fault(f"account_ids[{index}]", "is an account of none of these connectors")


def _catalog_faults(limits: KeyLimits, catalog: Catalog) -> Iterator[Fault]:
    for index, key in enumerate(limits.connectors or ()):
        if catalog.find(key) is None:
            yield Fault(f"connectors[{index}]", f"there is no connector {key[:_LONGEST]!r}")
    known = [
        name
        for each in catalog.connectors()
        for name in (*(action.id for action in each.actions), f"{each.key}_proxy")
    ]
    for index, pattern in enumerate(limits.actions or ()):
        if not any(matches(pattern, name) for name in known):
            yield Fault(f"actions[{index}]", f"no action has an id like {pattern[:_LONGEST]!r}")


def _wider(limits: KeyLimits, family: _Family) -> Iterator[Fault]:
    parent = family.narrowing
    for name, wanted, allowed in (
        ("origin_owner_id", (limits.origin_owner_id,), parent.owners),
        ("account_ids", limits.account_ids or (), parent.accounts),
        ("connectors", limits.connectors or (), parent.connectors),
        ("effects", limits.effects or (), parent.effects),
    ):
        more = [each for each in wanted if each is not None and each not in (allowed or (each,))]
        if more or (allowed is not None and not allowed):
            yield Fault(name, f"the key may use {_listed(sorted(allowed or ()))} itself")
    for patterns in parent.actions:
        # A pattern is narrower than another that matches it as a text.
        if limits.actions and not all(
            any(matches(each, wanted) for each in patterns) for wanted in limits.actions
        ):
            yield Fault("actions", f"the key may run {_listed(patterns)} itself")
    left = family.calls_left
    if limits.calls is not None and left is not None and limits.calls > left:
        yield Fault("calls", f"the key has {left} left itself")


def _longer(now: datetime, family: _Family, minutes: int | None) -> Iterator[Fault]:
    end = family.expires_at
    if minutes is not None and end is not None and now + timedelta(minutes=minutes) > end:
        left = int((end - now).total_seconds() // 60)
        yield Fault("minutes", f"the key has {left} left itself")


def _leaves_anything(limits: KeyLimits, parent: Narrowing, catalog: Catalog) -> bool:
    own = Narrowing.of([(parent.key_id, limits)], created_at=parent.created_at)
    return any(own.actions_of(each) & parent.actions_of(each) for each in catalog.connectors())


def _listed(values: Sequence[str]) -> str:
    return ", ".join(values) if values else "nothing"


def _plain(limits: KeyLimits) -> dict[str, Json]:
    return {name: value for name, value in asdict(limits).items() if value is not None}

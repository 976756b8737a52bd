"""Connections that another product exported, as JSON: read, mapped to connectors, and linked."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from jackfield.accounts import service as accounts
from jackfield.accounts.credentials import NewCredentials
from jackfield.accounts.identity import keep_identity
from jackfield.accounts.models import Account, AccountFilter, AccountStatus, AccountType
from jackfield.accounts.verification import Candidate, verify
from jackfield.db.tx import Tx
from jackfield.engine.oauth.tokens import ACCESS_TOKEN, ID_TOKEN, REFRESH_TOKEN, Tokens
from jackfield.kit.actor import Actor
from jackfield.kit.errors import Fault, HubError
from jackfield.kit.ids import AccountId, ProjectId
from jackfield.kit.json import (
    DecodeError,
    Json,
    ValidationError,
    convert_decoded,
    is_object,
    parse,
)
from jackfield.moves.models import MoveFileDamaged, MoveRefused
from jackfield.moves.parts import chosen
from jackfield.profiles.models import Profile, ProfileNotFound
from jackfield.profiles.repo import Profiles
from jackfield.runtime import Hub

# Where an account keeps the id that the connection had.
SOURCE: Final = "source_id"
_AT_ONCE: Final = 5
_TOKENS: Final[Mapping[str, str]] = {
    "access_token": ACCESS_TOKEN,
    "refresh_token": REFRESH_TOKEN,
    "id_token": ID_TOKEN,
    **{name: name for name in (ACCESS_TOKEN, REFRESH_TOKEN, ID_TOKEN)},
}
_Text = Annotated[str, Meta(min_length=1, max_length=255)]


class ConnectionOwner(Struct, frozen=True):
    """The customer of a connection, in the product's own system."""

    id: _Text
    name: _Text | None = None
    user: _Text | None = None


class Connection(Struct, frozen=True):
    """A connection of another product: credentials of one customer at one provider."""

    id: _Text
    provider: _Text
    owner: ConnectionOwner
    credentials: dict[str, str | int | float | bool | None]
    expires_at: datetime | None = None
    refresh_expires_at: datetime | None = None
    scopes: list[str] | str | None = None
    metadata: dict[str, Json] = {}
    label: _Text | None = None

    def __repr__(self) -> str:
        return f"Connection({self.id})"


class ConnectorMapping(Struct, frozen=True, forbid_unknown_fields=True):
    """What a provider of another product is here: `fields` by its names, and `values` it has not."""

    connector: str | None = None
    profile: str | None = None
    fields: dict[str, str] = {}
    values: dict[str, str] = {}


class Mappings(Struct, frozen=True, forbid_unknown_fields=True):
    """A mapping file: by the keys of another product's providers."""

    connectors: dict[str, ConnectorMapping] = {}


@dataclass(frozen=True, slots=True)
class Entry:
    """A connection with its place in the file; `candidate` is what would be linked, if it can be."""

    place: str
    connection: Connection
    candidate: Candidate | None = None
    faults: tuple[Fault, ...] = ()
    identity: frozenset[str] = field(default_factory=frozenset[str])
    is_known: bool = False


def read_mappings(content: bytes) -> Mappings:
    """
    Read a mapping file.

    Raises:
        MoveFileDamaged: it is none; what is wrong is said.
    """
    try:
        return convert_decoded(parse(content), Mappings)
    except DecodeError as error:
        msg = f"the mapping file: {error}"
        raise MoveFileDamaged(msg) from None


def read_connections(content: bytes) -> Iterator[tuple[str, Connection | Fault]]:
    """
    Yield connections, or what is wrong with them, with their places.

    The file is an array, an object with the array `connections`, or an object a line.

    Raises:
        MoveFileDamaged: it is none of these.
    """
    for place, value in _values(content):
        try:
            if isinstance(value, Fault):
                yield place, value
            else:
                yield place, convert_decoded(value, Connection)
        except ValidationError as error:
            # It says where and what was expected, and no value.
            yield place, Fault(place, str(error))


def _values(content: bytes) -> Iterator[tuple[str, Json]]:
    try:
        whole: Json = parse(content)
    except DecodeError:
        lines = [
            (number, line) for number, line in enumerate(content.splitlines(), 1) if line.strip()
        ]
        if not lines:
            msg = "the file is empty"
            raise MoveFileDamaged(msg) from None
        for number, line in lines:
            place = f"line {number}"
            try:
                yield place, parse(line)
            except DecodeError:
                yield place, Fault(place, "is not JSON")
        return
    listed: Any = whole.get("connections", [whole]) if is_object(whole) else whole
    if not isinstance(listed, list):
        msg = "the file has no array of connections, and is no object a line"
        raise MoveFileDamaged(msg)
    for index, value in enumerate(listed):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - JSON
        yield f"connections[{index}]", value


async def prepare(
    hub: Hub, project_id: ProjectId, content: bytes, mappings: Mappings, *, checks: bool
) -> list[Entry]:
    """
    Return what would be linked, with all faults; with `checks` each provider is asked.

    Raises:
        MoveFileDamaged: the file cannot be read at all.
    """
    entries: list[Entry] = []
    seen: set[tuple[str, str]] = set()
    nobody = Connection("?", "?", ConnectionOwner("?"), {})
    async with hub.db.read(project_id) as tx:
        for place, found in read_connections(content):
            if isinstance(found, Fault):
                entries.append(Entry(place, nobody, faults=(found,)))
                continue
            entry = await _entry(tx, hub, place, found, mappings, checks=checks)
            if (found.provider, found.id) in seen:
                twice = Fault(place, f"the connection {found.id!r} is in the file twice")
                entry = replace(entry, faults=(*entry.faults, twice))
            seen.add((found.provider, found.id))
            entries.append(entry)
    if not checks:
        return entries
    places = asyncio.Semaphore(_AT_ONCE)
    return list(await asyncio.gather(*(_checked(hub, each, places) for each in entries)))


async def link_all(
    hub: Hub, project_id: ProjectId, actor: Actor, entries: list[Entry]
) -> list[Account]:
    """
    Link all connections that are not known yet, or none.

    Raises:
        MoveRefused: some have faults; all are named.
    """
    faults = [fault for each in entries for fault in each.faults]
    if faults:
        raise MoveRefused.of(faults)
    made: list[Account] = []
    async with hub.db.write(project_id, actor) as tx:
        for each in entries:
            candidate = each.candidate
            # Looked at again: another import may have run meanwhile.
            if each.is_known or candidate is None or await _is_known(tx, candidate, each):
                continue
            given = NewCredentials(candidate.method, candidate.values, candidate.tokens)
            account = await accounts.add(tx, hub.vault, _account(tx, each, candidate), given)
            await keep_identity(tx, hub.vault, account.id, each.identity)
            made.append(account)
    return made


async def _entry(
    tx: Tx, hub: Hub, place: str, found: Connection, mappings: Mappings, *, checks: bool
) -> Entry:
    mapping = mappings.connectors.get(found.provider, ConnectorMapping())
    key = mapping.connector or found.provider
    connector = hub.catalog.find(key)
    if connector is None:
        words = f"there is no connector {key!r}: name one in the mapping file"
        return Entry(place, found, faults=(Fault(f"{place}.provider", words),))
    profile = await _profile(tx, key, mapping.profile)
    method = None if profile is None else connector.find_auth_method(profile.auth_method)
    if profile is None or method is None:
        words = f"the project has no connector profile of {key!r} that fits: make one first"
        return Entry(place, found, faults=(Fault(f"{place}.provider", words),))
    values = dict(mapping.values)
    given: dict[str, str] = {}
    for name, value in found.credentials.items():
        if value is None:
            continue
        named = mapping.fields.get(name, name)
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if method.needs_tokens and named in _TOKENS:
            given[_TOKENS[named]] = text
        else:
            values[named] = text
    checked = method.check(values)
    faults = [Fault(f"{place}.{each.path}", each.message) for each in checked.faults]
    if method.needs_tokens and not given and not (method.gets_tokens_alone and checks):
        words = (
            "its tokens are got with these credentials: add --check"
            if method.gets_tokens_alone
            else "an access_token or a refresh_token is needed"
        )
        faults.append(Fault(f"{place}.credentials", words))
    scopes = found.scopes.split() if isinstance(found.scopes, str) else found.scopes
    tokens = Tokens(
        given,
        found.expires_at,
        found.refresh_expires_at,
        None if scopes is None else tuple(scopes),
    )
    candidate = Candidate(
        project_id=tx.project_id,
        origin_owner_id=found.owner.id,
        origin_owner_name=found.owner.name or found.owner.id,
        profile=profile,
        connector=connector,
        method=method,
        values=checked.values,
        tokens=tokens if given else None,
    )
    entry = Entry(place, found, candidate, tuple(faults))
    return replace(entry, is_known=await _is_known(tx, candidate, entry))


async def _profile(tx: Tx, key: str, profile_id: str | None) -> Profile | None:
    if profile_id is None:
        return await Profiles(tx).find_default(key)
    try:
        profile = await Profiles(tx).get(profile_id)
    except ProfileNotFound:
        return None
    return profile if profile.connector_key == key else None


async def _is_known(tx: Tx, candidate: Candidate, entry: Entry) -> bool:
    only = AccountFilter(
        providers=(candidate.connector.key,), origin_owner_ids=(candidate.origin_owner_id,)
    )
    return any(
        [account.metadata.get(SOURCE) == entry.connection.id async for account in chosen(tx, only)]
    )


async def _checked(hub: Hub, entry: Entry, places: asyncio.Semaphore) -> Entry:
    if entry.candidate is None or entry.faults or entry.is_known:
        return entry
    async with places:
        try:
            verified = await verify(hub, entry.candidate)
        except HubError as error:
            listed = error.faults or (Fault("credentials", error.detail),)
            faults = tuple(Fault(f"{entry.place}.{each.path}", each.message) for each in listed)
            return replace(entry, faults=faults)
    return replace(entry, candidate=verified.candidate, identity=verified.identity)


def _account(tx: Tx, entry: Entry, candidate: Candidate) -> Account:
    found = entry.connection
    return Account(
        id=AccountId.new(tx.now),
        profile_id=candidate.profile.id,
        provider=candidate.connector.key,
        auth_method=candidate.method.key,
        environment=candidate.profile.environment,
        origin_owner_id=candidate.origin_owner_id,
        origin_owner_name=candidate.origin_owner_name,
        origin_username=found.owner.user,
        label=found.label,
        type=AccountType.PRODUCTION,
        shared=False,
        metadata={**found.metadata, SOURCE: found.id},
        public_values={},
        status=AccountStatus.ACTIVE if candidate.profile.active else AccountStatus.INACTIVE,
        status_reasons=(),
        generation=1,
        created_at=tx.now,
        updated_at=tx.now,
    )

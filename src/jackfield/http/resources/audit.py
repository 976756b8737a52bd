"""`/jackfield/audit`: who did what in the project, in a chain that can be verified."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.responses import Response

from jackfield.audit.models import (
    NO_HASH,
    AuditKind,
    AuditRecordNotFound,
    Checkpoint,
    StoredRecord,
)
from jackfield.audit.repo import AuditLog
from jackfield.http.context import ApiContext, api_key
from jackfield.http.download import SAVED
from jackfield.http.routing import Routes
from jackfield.kit.actor import Actor, ActorKind
from jackfield.kit.json import decode
from jackfield.kit.pages import invalid_cursor
from jackfield.kit.whole_numbers import whole_number
from jackfield.logs.audit.files import TYPES, AuditFormat, chain_file, found_file
from jackfield.logs.audit.query import read_audit_query
from jackfield.logs.search.words import InvalidLogQuery
from jackfield.projects.models import Scope

# Reading a log is not logged.
api = Routes(api_key, tag="audit", is_logged=False)

_LARGEST = 2**63 - 1
_Query = Annotated[str, Meta(description="Words such as `kind:key actor:api_key since:24h`.")]


class ActorOut(Struct, frozen=True):
    """
    Who did it; `via` is the protocol of an agent.

    `parents` are the keys that a narrowed one comes from, the one that minted it first.
    """

    kind: ActorKind
    id: str
    via: str | None
    parents: tuple[str, ...] | UnsetType = UNSET


class AuditRecordOut(Struct, frozen=True):
    """
    A record: `before` and `after` have what changed, without secrets.

    `hash` covers the record and the hash of the one before it.
    """

    seq: int
    at: datetime
    kind: AuditKind
    actor: ActorOut
    target: str | None
    address: str | None
    request_id: str | None
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    details: Mapping[str, Any] | None
    hash: str


class AuditQueryIn(Struct, frozen=True):
    query: _Query = ""
    next: str | None = None
    page_size: Annotated[int, Meta(ge=1, le=500)] = 50


class AuditRecordsOut(Struct, frozen=True):
    """A page of records, newest first."""

    data: tuple[AuditRecordOut, ...]
    next: str | None


class AuditExportQuery(Struct, frozen=True):
    query: _Query = ""
    format: AuditFormat = "ndjson"
    next: str | None = None


class CheckpointOut(Struct, frozen=True):
    """What the key `key` has signed: the hash of a record, which stands for all before it."""

    seq: int
    hash: str
    at: datetime
    key: str
    signature: str


class AuditStateOut(Struct, frozen=True):
    """
    The end of the project's chain, and the last checkpoint.

    Records up to `pruned_seq` were older than the log is kept. `keys` are the public halves of the
    hub's keys, in hexadecimal.
    """

    seq: int
    hash: str
    pruned_seq: int
    checkpoint: CheckpointOut | None
    keys: Mapping[str, str]


@api.add("GET", "/jackfield/audit", scope=Scope.LOGS_READ, raises=(InvalidLogQuery,))
async def list_audit_records(ctx: ApiContext, query: AuditQueryIn) -> AuditRecordsOut:
    """Find records of the audit log by a query, newest first."""
    found = read_audit_query(query.query, ctx.hub.clock())
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        page = await AuditLog(tx).page(
            found.filter, before=_place(query.next), size=query.page_size
        )
    return AuditRecordsOut(tuple(map(_out, page.items)), page.next)


@api.add("GET", "/jackfield/audit/state", scope=Scope.LOGS_READ)
async def get_audit_state(ctx: ApiContext) -> AuditStateOut:
    """Return the end of the project's chain and its last checkpoint, to be kept elsewhere."""
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        chain = await AuditLog(tx).chain()
        signed = await AuditLog(tx).last_checkpoint()
    point = None if signed is None else decode(signed.body, Checkpoint)
    return AuditStateOut(
        seq=0 if chain is None else chain.seq,
        hash=NO_HASH if chain is None else chain.hash,
        pruned_seq=0 if chain is None else chain.pruned_seq,
        checkpoint=None
        if signed is None or point is None
        else CheckpointOut(point.seq, point.hash, point.at, point.key, signed.signature),
        keys=ctx.hub.vault.audit_keys.public_keys(),
    )


@api.add(
    "GET",
    "/jackfield/audit/export",
    scope=Scope.LOGS_READ,
    raises=(InvalidLogQuery, AuditRecordNotFound),
)
async def export_audit_log(ctx: ApiContext, query: AuditExportQuery) -> Response:
    """
    Return up to 10,000 records as a file; `x-next` is where the next file begins.

    Records of a query come newest first. The format `chain` has all of them from the oldest on,
    whatever the query, with what proves them.
    """
    hub, project_id, place = ctx.hub, ctx.caller.project_id, _place(query.next)
    if query.format == "chain":
        file = await chain_file(hub, project_id, after=place)
    else:
        found = read_audit_query(query.query, hub.clock())
        file = await found_file(hub, project_id, found.filter, query.format, before=place)
    suffix = "csv" if query.format == "csv" else "ndjson"
    name = {"content-disposition": f'attachment; filename="jackfield-audit.{suffix}"'}
    following = {} if file.next is None else {"x-next": file.next}
    headers = {**SAVED, **name, **following}
    return Response(file.content, headers=headers, media_type=TYPES[query.format])


@api.add("GET", "/jackfield/audit/{seq}", scope=Scope.LOGS_READ, raises=(AuditRecordNotFound,))
async def get_audit_record(ctx: ApiContext, seq: str) -> AuditRecordOut:
    """Return one record, by its place in the project's chain."""
    place = whole_number(seq, most=_LARGEST)
    if place is None:
        raise AuditRecordNotFound
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        return _out(await AuditLog(tx).get(place))


def _place(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    place = whole_number(cursor, most=_LARGEST)
    if place is None:
        raise invalid_cursor()
    return place


def _actor(actor: Actor) -> ActorOut:
    return ActorOut(actor.kind, actor.id, actor.via, actor.parents)


def _out(stored: StoredRecord) -> AuditRecordOut:
    record = stored.record
    return AuditRecordOut(
        seq=record.seq,
        at=record.at,
        kind=record.kind,
        actor=_actor(record.actor),
        target=record.target,
        address=record.address,
        request_id=record.request_id,
        before=record.before,
        after=record.after,
        details=record.details,
        hash=stored.hash,
    )

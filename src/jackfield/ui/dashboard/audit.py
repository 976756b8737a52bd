"""`/dashboard/audit`: who did what, whether that is as it was written, and files of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jackfield.audit.database import verify_newest
from jackfield.audit.models import FAMILIES, AuditKind, Checkpoint, Record, StoredRecord
from jackfield.audit.repo import AuditLog
from jackfield.audit.verification import Verification
from jackfield.kit.actor import ActorKind
from jackfield.kit.errors import HubError
from jackfield.kit.json import Json, decode, encode
from jackfield.kit.whole_numbers import whole_number
from jackfield.logs.audit.files import TYPES, AuditFormat, chain_file, found_file
from jackfield.logs.audit.query import AuditQuery, read_audit_query
from jackfield.logs.search.words import InvalidLogQuery
from jackfield.projects.models import Project
from jackfield.ui.dashboard.actors import key_names
from jackfield.ui.dashboard.layout import Layout, refused
from jackfield.ui.rendering import base_path, hub_of, page

_PAGE_SIZE: Final = 50
_MOST_VERIFIED: Final = 20_000
_LARGEST: Final = 2**63 - 1
_PRESETS: Final = (
    ("1h", "Last hour"),
    ("24h", "Last 24 hours"),
    ("7d", "Last 7 days"),
    ("90d", "Last 90 days"),
)
_SUGGESTIONS: Final = (
    *(f"kind:{each}" for each in FAMILIES),
    *(f"actor:{each}" for each in ActorKind),
    *("account:acc_", "target:", "action:", "effect:write", "address:", "request:req_"),
    *("since:24h", "-kind:credentials.used"),
)
TITLES: Final[Mapping[AuditKind, str]] = {
    AuditKind.PROJECT_CREATED: "Project created",
    AuditKind.PROJECT_DELETED: "Project deleted",
    AuditKind.SETTINGS_CHANGED: "Settings changed",
    AuditKind.KEY_CREATED: "API key created",
    AuditKind.KEY_DISABLED: "API key disabled",
    AuditKind.KEY_ENABLED: "API key enabled",
    AuditKind.KEY_CHANGED: "API key narrowed further",
    AuditKind.KEY_REVOKED: "API key revoked",
    AuditKind.SIGN_IN_LINK_CREATED: "Sign-in link made",
    AuditKind.SIGNED_IN: "Signed in to the dashboard",
    AuditKind.SIGNED_OUT: "Signed out of the dashboard",
    AuditKind.SIGN_INS_ENDED: "Signed out everywhere",
    AuditKind.ACCOUNT_LINKED: "Account linked",
    AuditKind.ACCOUNT_CHANGED: "Account changed",
    AuditKind.ACCOUNT_EXPORTED: "account exported with its credentials",
    AuditKind.ACCOUNT_IMPORTED: "account imported from another hub",
    AuditKind.ACCOUNT_DELETED: "Account deleted",
    AuditKind.HONEYTOKEN_TOUCHED: "Decoy used",
    AuditKind.ACCOUNT_REVOKED: "Account revoked",
    AuditKind.REVOCATION_STARTED: "Revocation of accounts begun",
    AuditKind.REVOCATION_SUSPENDED: "Accounts suspended for their revocation",
    AuditKind.REVOCATION_ENDED: "Revocation of accounts ended",
    AuditKind.CREDENTIALS_REPLACED: "Credentials replaced",
    AuditKind.CREDENTIALS_RENEWED: "Credentials renewed",
    AuditKind.CREDENTIALS_USED: "Credentials used",
    AuditKind.CREDENTIALS_FORGOTTEN: "Credentials given up",
    AuditKind.KEYRING_MOVED: "Keyring moved",
    AuditKind.BACKUP_MADE: "Backup made",
    AuditKind.BACKUP_RESTORED: "Backup restored",
    AuditKind.CREDENTIALS_RESEALED: "Credentials sealed under a new key",
    AuditKind.SESSION_OPENED: "Connect session opened",
    AuditKind.SESSION_REVOKED: "Connect session revoked",
    AuditKind.PENDING_LINK_CREATED: "Link waits to be confirmed",
    AuditKind.PENDING_LINK_CONFIRMED: "Link confirmed",
    AuditKind.PENDING_LINK_REFUSED: "Link refused",
    AuditKind.PENDING_LINK_EXPIRED: "Link expired",
    AuditKind.PROFILE_CREATED: "Connector profile created",
    AuditKind.PROFILE_CHANGED: "Connector profile changed",
    AuditKind.PROFILE_DELETED: "Connector profile deleted",
    AuditKind.CONNECTOR_UPDATED: "Connector updated",
    AuditKind.CONNECTOR_UPLOADED: "Connector uploaded",
    AuditKind.CONNECTOR_PUBLISHED: "Connector published",
    AuditKind.CONNECTOR_DELETED: "Uploaded connector deleted",
    AuditKind.WEBHOOK_CREATED: "Webhook created",
    AuditKind.WEBHOOK_CHANGED: "Webhook changed",
    AuditKind.WEBHOOK_SECRET_ROTATED: "Webhook secret rotated",
    AuditKind.WEBHOOK_DELETED: "Webhook deleted",
    AuditKind.WEBHOOK_REPLAYED: "Deliveries replayed",
    AuditKind.WEBHOOK_REPLAY_STOPPED: "Replay stopped",
    AuditKind.ISSUE_RESOLVED: "Issue resolved by hand",
    AuditKind.ISSUE_MUTED: "Issue muted",
    AuditKind.ISSUE_UNMUTED: "Issue unmuted",
    AuditKind.MEMBER_INVITED: "Member invited",
    AuditKind.INVITE_CANCELED: "Invite canceled",
    AuditKind.MEMBER_JOINED: "Member joined",
    AuditKind.MEMBER_ROLE_CHANGED: "Role of a member changed",
    AuditKind.MEMBER_REMOVED: "Member removed",
    AuditKind.MEMBER_PASSWORD_CHANGED: "Password of a member changed",
    AuditKind.MEMBER_FACTOR_CHANGED: "Second factor of a member changed",
    AuditKind.PORTAL_CREATED: "Customer's page created",
    AuditKind.PORTAL_OPENED: "Customer's page opened",
    AuditKind.PORTAL_REVOKED: "Customer's page ended",
    AuditKind.ACCESS_DENIED: "Access denied",
    AuditKind.AUDIT_PRUNED: "Old records pruned",
}


@dataclass(frozen=True, slots=True)
class AuditLine:
    """A record as a row: what happened in words, and who did it."""

    record: Record
    title: str
    who: str
    summary: str


@dataclass(frozen=True, slots=True)
class Change:
    """A value that changed, as JSON; null where there was or is none."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    template: ClassVar[str] = "dashboard/audit.html"

    layout: Layout
    query: AuditQuery
    # What was typed and could not be read, and why.
    typed: str = ""
    problem: str = ""
    lines: Sequence[AuditLine] = ()
    newest: str | None = None
    older: str | None = None
    total: int = 0
    checkpoint: Checkpoint | None = None
    # What was found if the records were verified, and how many of them at most.
    verification: Verification | None = None
    most_verified: int = _MOST_VERIFIED
    retention_days: int
    presets: Sequence[tuple[str, str]] = _PRESETS
    suggestions: Sequence[str] = field(default=_SUGGESTIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecordPage:
    template: ClassVar[str] = "dashboard/audit_record.html"

    layout: Layout
    query: str
    line: AuditLine
    hash: str
    changes: Sequence[Change]
    facts: Sequence[tuple[str, str]]


async def list_records(request: Request, project: Project) -> Response:
    hub, params = hub_of(request), request.query_params
    text = " ".join(filter(None, (params.get(name, "").strip() for name in ("q", "add"))))
    layout, days = Layout.of(request, project), hub.audit_retention.days
    try:
        query = read_audit_query(text, hub.clock())
    except InvalidLogQuery as invalid:
        problem = AuditPage(
            layout=layout,
            query=AuditQuery(),
            typed=text,
            problem=invalid.detail,
            retention_days=days,
        )
        return page(request, problem, status=invalid.status)
    if params.get("add"):
        # An address to share has one query.
        return RedirectResponse(f"{base_path(hub)}/dashboard/audit?{_encoded(query)}", 303)
    before = whole_number(params.get("before", ""), most=_LARGEST)
    async with hub.db.read(project.id) as tx:
        found = await AuditLog(tx).page(query.filter, before=before, size=_PAGE_SIZE)
        chain = await AuditLog(tx).chain()
        signed = await AuditLog(tx).last_checkpoint()
        names = await key_names(tx)
    verification = None
    if params.get("verify"):
        verification = await verify_newest(
            hub.db, hub.vault.audit_keys, hub.clock(), project.id, most=_MOST_VERIFIED
        )
    return page(
        request,
        AuditPage(
            layout=layout,
            query=query,
            lines=[_line(each, names) for each in found.items],
            newest=None if before is None else _encoded(query),
            older=found.next and _encoded(query, before=found.next),
            total=0 if chain is None else chain.seq - chain.pruned_seq,
            checkpoint=None if signed is None else decode(signed.body, Checkpoint),
            verification=verification,
            retention_days=days,
        ),
    )


async def show_record(request: Request, project: Project) -> Response:
    hub = hub_of(request)
    try:
        async with hub.db.read(project.id) as tx:
            # No database has a place for more, and no record has its number.
            seq = whole_number(request.path_params["seq"], most=_LARGEST)
            stored = await AuditLog(tx).get(-1 if seq is None else seq)
            names = await key_names(tx)
    except HubError as error:
        return refused(request, project, error)
    record = stored.record
    return page(
        request,
        AuditRecordPage(
            layout=Layout.of(request, project),
            query=request.query_params.get("q", ""),
            line=_line(stored, names),
            hash=stored.hash,
            changes=_changes(record),
            facts=[(name, _text(value)) for name, value in (record.details or {}).items()],
        ),
    )


async def export_records(request: Request, project: Project) -> Response:
    """Return the records of a query as a file, or the chain to be verified."""
    hub, params = hub_of(request), request.query_params
    kinds: dict[str, AuditFormat] = {each: each for each in TYPES}
    kind = kinds.get(params.get("format", ""), "ndjson")
    try:
        if kind == "chain":
            file = await chain_file(hub, project.id)
        else:
            query = read_audit_query(params.get("q", ""), hub.clock())
            file = await found_file(hub, project.id, query.filter, kind)
    except HubError as error:
        return refused(request, project, error)
    # Whoever opens it is to see that it is not all.
    part = "" if file.next is None else "-10000"
    suffix = "csv" if kind == "csv" else "ndjson"
    headers = {
        "content-disposition": f'attachment; filename="jackfield-audit{part}.{suffix}"',
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    return Response(file.content, headers=headers, media_type=TYPES[kind])


def _line(stored: StoredRecord, names: Mapping[str, str]) -> AuditLine:
    record = stored.record
    actor = record.actor
    who = names.get(actor.id) or actor.name or actor.id
    if actor.via:
        who = f"{who} ({actor.via})"
    if actor.parents:
        who += " from " + ", ".join(names.get(each, each) for each in actor.parents)
    return AuditLine(record, TITLES.get(record.kind, record.kind), who, _summary(record))


def _summary(record: Record) -> str:
    details = record.details or {}
    match record.kind:
        case AuditKind.CREDENTIALS_USED:
            count = details.get("count", 1)
            times = "" if count == 1 else f", {count} times"
            return f"{details.get('action')} at {details.get('host')}{times}"
        case AuditKind.ACCESS_DENIED:
            count = details.get("count", 1)
            times = "" if count == 1 else f", {count} times"
            return f"{details.get('code')}, {details.get('surface')}{times}"
        case _:
            pass
    if record.before is not None and record.after is not None:
        return ", ".join(dict.fromkeys([*record.before, *record.after]))
    name = (record.after or record.before or {}).get("name")
    known = [name, details.get("connector"), details.get("customer")]
    return ", ".join(each for each in known if isinstance(each, str))


def _changes(record: Record) -> list[Change]:
    before, after = record.before or {}, record.after or {}
    return [
        Change(
            name,
            _text(before[name]) if name in before else None,
            _text(after[name]) if name in after else None,
        )
        for name in dict.fromkeys([*before, *after])
    ]


def _text(value: Json) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    return encode(value).decode()


def _encoded(query: AuditQuery, **place: str) -> str:
    text = str(query)
    return urlencode({**({"q": text} if text else {}), **place})

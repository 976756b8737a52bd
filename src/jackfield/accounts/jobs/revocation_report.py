"""
The signed report of revocations: what is dead, what survived, what nobody knows, and why.

Lines of JSON. The first one is signed by the keys of the audit log, and has the digest of all that
follows: one line for each account.
"""

import hashlib
import re
from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from msgspec import Struct

from jackfield.accounts.jobs.models import AccountJob, ItemOutcome, JobItem, JobStatus
from jackfield.accounts.jobs.repo import AccountJobs
from jackfield.accounts.revocation.models import Verdict
from jackfield.db.tx import Database
from jackfield.kit.errors import InvalidRequest
from jackfield.kit.ids import ProjectId
from jackfield.kit.json import DecodeError, Json, decode, encode
from jackfield.vault.audit_keys import AuditKeys, is_audit_signature

FORMAT: Final = "jackfield-revocation-1"
_AT_ONCE: Final = 1000
_SIGNED: Final = re.compile(rb'\{"signature":"([0-9a-f]{128})","revocation":(.*)\}')
_NOT_YET: Final = "Its provider has not been asked."


class ReportedJob(Struct, frozen=True):
    """A revocation of one project's accounts: `query` is what they were found by."""

    id: str
    project: str
    query: str
    status: JobStatus
    total: int
    begun_at: datetime


class ReportedAccount(Struct, frozen=True):
    """One account of a report."""

    job: str
    project: str
    account: str
    provider: str
    customer: str | None
    auth_method: str | None
    verdict: Verdict
    revocation: str | None
    proved_by: str | None
    detail: str | None
    by_hand: Json
    at: datetime | None


class ReportHeader(Struct, frozen=True):
    """The signed line: `counts` by verdict, and the digest of the lines of the `accounts`."""

    format: str
    at: datetime
    key: str
    keys: dict[str, str]
    jobs: tuple[ReportedJob, ...]
    counts: dict[str, int]
    accounts: int
    sha256: str


class ReportBroken(InvalidRequest):
    """The report is not as it was written, or no trusted key signed it."""

    code = "revocation_report_broken"


@dataclass(frozen=True, slots=True)
class Report:
    """A report that was read, and is as it was written."""

    header: ReportHeader
    accounts: tuple[ReportedAccount, ...]


async def write_report(
    db: Database, keys: AuditKeys, at: datetime, jobs: Sequence[tuple[ProjectId, AccountJob]]
) -> AsyncGenerator[bytes]:
    """Yield the lines of the report of some jobs, as far as they are."""
    digest, counts, number = hashlib.sha256(), Counter[str](), 0
    # Twice: the first line stands for all that follow, which need not fit into memory.
    for project_id, job in jobs:
        async for line, verdict in _lines(db, project_id, job):
            digest.update(line)
            counts[verdict.value] += 1
            number += 1
    header = ReportHeader(
        FORMAT,
        at,
        keys.current,
        keys.public_keys(),
        tuple(_job(project_id, job) for project_id, job in jobs),
        {each.value: counts[each.value] for each in Verdict},
        number,
        digest.hexdigest(),
    )
    body = encode(header)
    yield b'{"signature":"%s","revocation":%s}\n' % (keys.sign(body).encode(), body)
    for project_id, job in jobs:
        async for line, _ in _lines(db, project_id, job):
            yield line


def read_report(content: bytes, keys: Mapping[str, str]) -> Report:
    """
    Read a report, and verify it with the public keys that are trusted, by their ids.

    Raises:
        ReportBroken: it was changed, cut or extended, or is signed by none of them.
    """
    first, _, rest = content.partition(b"\n")
    signed = _SIGNED.fullmatch(first.rstrip(b"\r"))
    if signed is None:
        msg = "the first line is not that of a report of revocations"
        raise ReportBroken(msg)
    try:
        header = decode(signed[2], ReportHeader)
    except DecodeError as error:
        msg = "the first line cannot be read"
        raise ReportBroken(msg) from error
    public = keys.get(header.key)
    if public is None or not is_audit_signature(public, signed[1].decode(), signed[2]):
        msg = f"the report is not signed by a trusted key (it names {header.key})"
        raise ReportBroken(msg)
    if header.format != FORMAT:
        msg = f"this is a report of the format {header.format!r}, not of {FORMAT}"
        raise ReportBroken(msg)
    lines = rest.splitlines()
    if hashlib.sha256(rest).hexdigest() != header.sha256 or len(lines) != header.accounts:
        msg = "the accounts below the first line are not those that were signed"
        raise ReportBroken(msg)
    return Report(header, tuple(decode(line, ReportedAccount) for line in lines))


async def _lines(
    db: Database, project_id: ProjectId, job: AccountJob
) -> AsyncGenerator[tuple[bytes, Verdict]]:
    after = ""
    while True:
        async with db.read(project_id) as tx:
            items = await AccountJobs(tx).items(job.id, outcome=None, after=after, most=_AT_ONCE)
        for item in items:
            reported = _account(project_id, job, item)
            yield encode(reported) + b"\n", reported.verdict
        if len(items) < _AT_ONCE:
            return
        after = items[-1].account_id


def _account(project_id: ProjectId, job: AccountJob, item: JobItem) -> ReportedAccount:
    details = item.details or {}
    is_waiting = item.outcome is ItemOutcome.WAITING
    return ReportedAccount(
        job=job.id,
        project=project_id,
        account=item.account_id,
        provider=item.provider,
        customer=_text(details, "customer"),
        auth_method=_text(details, "auth_method"),
        verdict=Verdict.UNKNOWN if is_waiting else Verdict(item.code or Verdict.UNKNOWN),
        revocation=_text(details, "revocation"),
        proved_by=_text(details, "proved_by"),
        detail=_NOT_YET if is_waiting else item.message,
        by_hand=details.get("by_hand"),
        at=item.ended_at,
    )


def _job(project_id: ProjectId, job: AccountJob) -> ReportedJob:
    return ReportedJob(job.id, project_id, job.query, job.status, job.total, job.created_at)


def _text(details: Mapping[str, Json], name: str) -> str | None:
    value = details.get(name)
    return value if isinstance(value, str) else None

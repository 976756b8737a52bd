"""Verification of the audit log in the database, also of what its records are found by."""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime

from jackfield.audit.export import chain_lines, header_line, part_of
from jackfield.audit.models import NO_HASH, Chain
from jackfield.audit.repo import AuditLog, all_chains, is_repeated
from jackfield.audit.verification import Break, Verification, verify
from jackfield.db.tx import Database, Row
from jackfield.kit.ids import ProjectId
from jackfield.vault.audit_keys import AuditKeys


async def verify_chains(
    db: Database, keys: AuditKeys, at: datetime, *, only: Sequence[ProjectId] = ()
) -> Verification:
    """Verify the chains of all projects and of the installation, or some, as they are now."""
    chains: list[Chain] = []
    for project_id in only or await all_chains(db):
        async with db.read(project_id) as tx:
            chain = await AuditLog(tx).chain()
        if chain is not None:
            chains.append(chain)
    looked = _Looked()

    async def lines() -> AsyncGenerator[bytes]:
        yield header_line([part_of(each) for each in chains], keys, at)
        for each in chains:
            async for line in chain_lines(db, each, on_row=looked.see):
                yield line

    return looked.with_fault(await verify(lines(), keys.public_keys()))


async def verify_newest(
    db: Database, keys: AuditKeys, at: datetime, project_id: ProjectId, *, most: int
) -> Verification:
    """Verify up to `most` of the newest records of a project; what is older is taken as it is."""
    looked, hash_ = _Looked(), NO_HASH
    async with db.read(project_id) as tx:
        log = AuditLog(tx)
        chain = await log.chain() or Chain(project_id)
        first = max(chain.seq - most, chain.pruned_seq)
        rows = await log.after(first - 1, upto=first) if first > chain.pruned_seq else []
    if rows:
        hash_ = rows[0]["hash"]

    async def lines() -> AsyncGenerator[bytes]:
        yield header_line([part_of(chain, after=first, after_hash=hash_)], keys, at)
        async for line in chain_lines(db, chain, after=first, on_row=looked.see):
            yield line

    return looked.with_fault(await verify(lines(), keys.public_keys()))


class _Looked:
    """Rows that were read: the first whose columns do not say what its record says."""

    def __init__(self) -> None:
        self._wrong: Break | None = None

    def see(self, chain: Chain, row: Row) -> None:
        if self._wrong is None and not is_repeated(row):
            words = "what it is found by is not what it says"
            self._wrong = Break(chain.project_id, row["seq"], words)

    def with_fault(self, found: Verification) -> Verification:
        """Add what was seen, if it comes before what was found."""
        wrong, known = self._wrong, found.fault
        if wrong and (known is None or known.chain != wrong.chain or known.seq > wrong.seq):
            found.fault = wrong
        return found

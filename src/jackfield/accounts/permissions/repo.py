"""Repository of permission reports."""

from jackfield.accounts.permissions.models import ProbeFinding, ProbeReport
from jackfield.db.tx import Tx
from jackfield.kit.json import convert, encode, parse


class PermissionReports:
    """The latest reports on the accounts of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def find(self, account_id: str, *, generation: int) -> ProbeReport | None:
        """Return the report on the credentials of this generation."""
        row = await self._tx.one(
            """
            select account_id, generation, probed_at, findings
              from account_permissions
             where project_id = :project_id and account_id = :account_id
               and generation = :generation
            """,
            account_id=account_id,
            generation=generation,
        )
        if row is None:
            return None
        findings = convert(parse(row["findings"]), tuple[ProbeFinding, ...])
        return ProbeReport(row["account_id"], row["generation"], row["probed_at"], findings)

    async def keep(self, report: ProbeReport) -> None:
        """Store a report in place of the account's last one."""
        await self._tx.run(
            """
            insert into account_permissions
                   (account_id, project_id, generation, probed_at, findings)
            values (:account_id, :project_id, :generation, :probed_at, :findings)
            on conflict (account_id) do update
               set generation = excluded.generation,
                   probed_at = excluded.probed_at,
                   findings = excluded.findings
            """,
            account_id=report.account_id,
            generation=report.generation,
            probed_at=report.probed_at,
            findings=encode(report.findings).decode(),
        )

"""Repository of permission reports."""

from jackfield.accounts.permissions.models import ProbeFinding, ProbeReport
from jackfield.db.tx import Tx
from jackfield.kit.json import convert, encode, parse


class PermissionReports:
    """What was last found out about the accounts of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def find(self, account_id: str, *, generation: int) -> ProbeReport | None:
        """Find what was found out with the credentials of this generation."""
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

    async def keep(self, probed: ProbeReport) -> None:
        """Put what was found in the place of what was known."""
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
            account_id=probed.account_id,
            generation=probed.generation,
            probed_at=probed.probed_at,
            findings=encode(probed.findings).decode(),
        )

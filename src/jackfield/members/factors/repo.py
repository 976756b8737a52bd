"""Repository of second factors and recovery codes; codes are digests."""

from collections.abc import Iterable

from jackfield.db.tx import Tx
from jackfield.kit.ids import MemberId


class Factors:
    """The second factors of members that came by the transaction's project first."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def generation(self, member_id: MemberId) -> int | None:
        row = await self._tx.one(
            "select factor_generation from members where project_id = :project_id and id = :id",
            id=member_id,
        )
        return None if row is None else row["factor_generation"]

    async def set_generation(self, member_id: MemberId, generation: int | None, step: int) -> None:
        """Note a new second factor, of which a code of `step` was taken, or that there is none."""
        await self._tx.run(
            """
            update members
               set factor_generation = :generation, factor_step = :step
             where project_id = :project_id and id = :id
            """,
            id=member_id,
            generation=generation,
            step=step,
        )

    async def take_step(self, member_id: MemberId, step: int) -> bool:
        """Note that a code of `step` was taken; return false if it, or a later one, was before."""
        row = await self._tx.one(
            """
            update members
               set factor_step = :step
             where project_id = :project_id and id = :id
               and factor_generation is not null and factor_step < :step
            returning id
            """,
            id=member_id,
            step=step,
        )
        return row is not None

    async def replace_codes(self, member_id: MemberId, digests: Iterable[bytes]) -> None:
        await self._tx.run(
            "delete from recovery_codes where project_id = :project_id and member_id = :member_id",
            member_id=member_id,
        )
        for digest in digests:
            await self._tx.run(
                """
                insert into recovery_codes (digest, project_id, member_id)
                values (:digest, :project_id, :member_id)
                """,
                digest=digest,
                member_id=member_id,
            )

    async def use_code(self, member_id: MemberId, digest: bytes) -> bool:
        """Use a recovery code up; return false if it is none, or was used."""
        row = await self._tx.one(
            """
            update recovery_codes
               set used_at = :now
             where project_id = :project_id and member_id = :member_id and digest = :digest
               and used_at is null
            returning digest
            """,
            member_id=member_id,
            digest=digest,
        )
        return row is not None

    async def codes_left(self, member_id: MemberId) -> int:
        row = await self._tx.one(
            """
            select count(digest) as codes
              from recovery_codes
             where project_id = :project_id and member_id = :member_id and used_at is null
            """,
            member_id=member_id,
        )
        return 0 if row is None else row["codes"]

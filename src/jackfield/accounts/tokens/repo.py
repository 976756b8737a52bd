"""Repository of the state of accounts' tokens."""

from datetime import datetime

from jackfield.accounts.tokens.models import DueIntrospection, DueToken, DueTokens, TokenState
from jackfield.db.columns import columns_of
from jackfield.db.lease import Leases
from jackfield.db.tx import Database, Row, Tx
from jackfield.kit.ids import AccountId, ProjectId
from jackfield.kit.json import convert, encode, parse

_COLUMNS = columns_of(TokenState)
# Of a worker that is about to renew, before it has the turn: calls do not wait for it.
_RENEWALS = Leases("account_tokens", "claimed_until", ("account_id",))
_INTROSPECTIONS = Leases("account_tokens", "introspection_claimed_until", ("account_id",))


class AccountTokens:
    """The state of the tokens of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def find(self, account_id: AccountId) -> TokenState | None:
        row = await self._tx.one(
            f"""
            select {_COLUMNS}
              from account_tokens
             where project_id = :project_id and account_id = :account_id
            """,  # noqa: S608 - columns of ours
            account_id=account_id,
        )
        return None if row is None else _state(row)

    async def put(self, state: TokenState) -> None:
        """Store the state of new tokens, and tell other processes that they changed."""
        await self._count_change()
        await self._tx.run(
            """
            insert into account_tokens
                   (account_id, project_id, generation, intent, intent_at, leased_until, renewed_at,
                    expires_at, refresh_expires_at, stale_at, due_at, scopes, apart,
                    introspect_at, change)
            values (:account_id, :project_id, :generation, :intent, :intent_at, :leased_until,
                    :renewed_at, :expires_at, :refresh_expires_at, :stale_at, :due_at, :scopes,
                    :apart, :introspect_at,
                    (select token_changes from projects where id = :project_id))
                on conflict (account_id) do update
               set generation = excluded.generation, intent = excluded.intent,
                   intent_at = excluded.intent_at, leased_until = excluded.leased_until,
                   renewed_at = excluded.renewed_at, expires_at = excluded.expires_at,
                   refresh_expires_at = excluded.refresh_expires_at, stale_at = excluded.stale_at,
                   due_at = excluded.due_at, scopes = excluded.scopes, apart = excluded.apart,
                   introspect_at = excluded.introspect_at, change = excluded.change,
                   claimed_until = null,
                   failures = 0, failed_at = null, failure_code = null, retry_at = null
            """,
            account_id=state.account_id,
            generation=state.generation,
            intent=state.intent,
            intent_at=state.intent_at,
            leased_until=state.leased_until,
            renewed_at=state.renewed_at,
            expires_at=state.expires_at,
            refresh_expires_at=state.refresh_expires_at,
            stale_at=state.stale_at,
            due_at=state.due_at,
            scopes=_written(state.scopes),
            apart=_written(state.apart),
            introspect_at=state.introspect_at,
        )

    async def change_times(self, state: TokenState) -> None:
        """Store other times of the same tokens, and tell other processes that they changed."""
        await self._count_change()
        await self._tx.run(
            """
            update account_tokens
               set expires_at = :expires_at, stale_at = :stale_at, due_at = :due_at, apart = :apart,
                   change = (select token_changes from projects where id = :project_id)
             where project_id = :project_id and account_id = :account_id
            """,
            account_id=state.account_id,
            expires_at=state.expires_at,
            stale_at=state.stale_at,
            due_at=state.due_at,
            apart=_written(state.apart),
        )

    async def introspect_at(self, account_id: AccountId, at: datetime | None) -> None:
        """Set when the provider is asked next about the access token; `None` means that it is not."""
        await self._tx.run(
            """
            update account_tokens
               set introspect_at = :at
             where project_id = :project_id and account_id = :account_id
            """,
            account_id=account_id,
            at=at,
        )

    async def begin(
        self, account_id: AccountId, *, intent: int, until: datetime, asked: str
    ) -> None:
        """Write the intent to ask for another access token than `asked`, with a lease."""
        await self._tx.run(
            """
            update account_tokens
               set intent = :intent, intent_at = :now, leased_until = :until, asked = :asked
             where project_id = :project_id and account_id = :account_id
            """,
            account_id=account_id,
            intent=intent,
            until=until,
            asked=asked,
        )

    async def end(
        self,
        account_id: AccountId,
        *,
        code: str,
        intent_at: datetime | None,
        retry_at: datetime | None,
        due_at: datetime | None,
    ) -> None:
        """End the last intent, which failed; `intent_at` stays if its outcome is not known."""
        await self._tx.run(
            """
            update account_tokens
               set leased_until = null, claimed_until = null, intent_at = :intent_at,
                   failures = failures + 1,
                   failed_at = :now, failure_code = :code, retry_at = :retry_at, due_at = :due_at
             where project_id = :project_id and account_id = :account_id
            """,
            account_id=account_id,
            code=code,
            intent_at=intent_at,
            retry_at=retry_at,
            due_at=due_at,
        )

    async def stop(self, account_id: AccountId) -> None:
        """Renew an account's tokens no more ahead of their use."""
        await self._tx.run(
            """
            update account_tokens
               set due_at = null, claimed_until = null
             where project_id = :project_id and account_id = :account_id
            """,
            account_id=account_id,
        )

    async def postpone(self, account_id: AccountId, due_at: datetime) -> None:
        await self._tx.run(
            """
            update account_tokens
               set due_at = :due_at, claimed_until = null
             where project_id = :project_id and account_id = :account_id
            """,
            account_id=account_id,
            due_at=due_at,
        )

    async def remove(self, *account_ids: AccountId) -> None:
        await self._tx.run(
            "delete from account_tokens where project_id = :project_id and account_id in (:ids)",
            ids=account_ids,
        )

    async def _count_change(self) -> None:
        await self._tx.run(
            "update projects set token_changes = token_changes + 1 where id = :project_id"
        )


async def claim_introspections(
    db: Database, *, until: datetime, most: int
) -> list[DueIntrospection]:
    """Claim accounts of all projects whose provider is to be asked about their token now."""
    rows = await _INTROSPECTIONS.claim(
        db,
        f"""
        due as (
            select token.account_id
              from account_tokens token
             where token.introspect_at is not null and token.introspect_at <= :now
               and {_INTROSPECTIONS.free("token")}
             order by token.introspect_at
             limit :most
               for update of token skip locked
        )
        """,  # noqa: S608 - literals
        until=until,
        returning="project_id, account_id",
        most=most,
    )
    return [convert(row, DueIntrospection) for row in rows]


async def claim_tokens(db: Database, *, until: datetime, most: int) -> list[DueTokens]:
    """Claim accounts of all projects whose tokens are to be renewed now, the most urgent first."""
    rows = await _RENEWALS.claim(
        db,
        f"""
        due as (
            select token.account_id
              from account_tokens token
             where token.due_at is not null and token.due_at <= :now
               and (token.leased_until is null or token.leased_until <= :now)
               and {_RENEWALS.free("token")}
             order by token.due_at
             limit :most
               for update of token skip locked
        )
        """,  # noqa: S608 - literals
        until=until,
        returning=f"{_COLUMNS}, project_id",
        most=most,
    )
    return [_due(row) for row in rows]


def _due(row: Row) -> DueTokens:
    """Return those of an account's access tokens that made it due; after a failure it is later."""
    project_id, state = ProjectId(row["project_id"]), _state(row)
    tokens = [
        DueToken(project_id, state.account_id, times.generation, token)
        for token, times in state.times.items()
        if times.due_at is not None and state.due_at is not None and times.due_at <= state.due_at
    ]
    return DueTokens(project_id, state.account_id, tuple(tokens))


def _state(row: Row) -> TokenState:
    kept = {name: parse(row[name] or "null") for name in ("scopes", "apart")}
    return convert({**row, **kept}, TokenState)


def _written(value: object) -> str | None:
    return None if value is None else encode(value).decode()

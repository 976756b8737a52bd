"""Repository of accounts."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import LiteralString

from jackfield.accounts.models import (
    Account,
    AccountFilter,
    AccountNotFound,
    AccountPage,
    AccountStatus,
    StatusReason,
)
from jackfield.accounts.words.repo import AccountWords
from jackfield.db.columns import columns_of
from jackfield.db.filters import alternatives, one_for_all, value_clauses
from jackfield.db.tx import Database, Row, Tx
from jackfield.kit.ids import AccountId, ProfileId, ProjectId
from jackfield.kit.json import Json, convert, encode, parse

_JSON_COLUMNS = ("allowed_actions", "label", "metadata", "setup_information", "status_reasons")
_COLUMNS = columns_of(Account, without=["public_values"], also=["setup_information"])


class Accounts:
    """The accounts of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def get(self, account_id: str) -> Account:
        """
        Return one account; `account_id` is unchecked input.

        Raises:
            AccountNotFound: the project has none with this id.
        """
        row = await self._tx.one(
            f"select {_COLUMNS} from accounts where project_id = :project_id and id = :id",  # noqa: S608 - columns of ours
            id=account_id,
        )
        if row is None:
            raise AccountNotFound(account_id=account_id)
        return _account(row)

    async def get_of_owner(self, owner_id: str, account_id: str) -> Account:
        """
        Return one account of an origin owner; `account_id` is unchecked input.

        Raises:
            AccountNotFound: the owner has none with this id.
        """
        row = await self._tx.one(
            f"""
            select {_COLUMNS}
              from accounts
             where project_id = :project_id and origin_owner_id = :owner_id and id = :id
            """,  # noqa: S608 - columns of ours
            owner_id=owner_id,
            id=account_id,
        )
        if row is None:
            raise AccountNotFound(account_id=account_id)
        return _account(row)

    async def page(self, page: AccountPage) -> list[Account]:
        """Return one page, newest first."""
        parts, values = _parts(page.only)
        rows = await self._tx.all(
            f"""
            select {_COLUMNS}
              from (select id from ({parts}) as parts
                     order by id desc limit :limit offset :offset) as found
              join accounts using (id)
             where project_id = :project_id
             order by id desc
            """,  # noqa: S608 - the parts are made of literals
            limit=page.size,
            offset=(page.number - 1) * page.size,
            upto=page.number * page.size,
            **values,
        )
        return [_account(row) for row in rows]

    async def find_linked(self, *, owner_id: str, owner_name: str, provider: str) -> Account | None:
        """Return the newest account of an origin owner with a provider."""
        row = await self._tx.one(
            f"""
            select {_COLUMNS}
              from accounts
             where project_id = :project_id and origin_owner_id = :owner_id
               and origin_owner_name = :owner_name and provider = :provider
             order by id desc
             limit 1
            """,  # noqa: S608 - columns of ours
            owner_id=owner_id,
            owner_name=owner_name,
            provider=provider,
        )
        return None if row is None else _account(row)

    async def of_profile(self, profile_id: ProfileId, status: AccountStatus) -> list[Account]:
        rows = await self._tx.all(
            f"""
            select {_COLUMNS}
              from accounts
             where project_id = :project_id and profile_id = :profile_id and status = :status
             order by id
            """,  # noqa: S608 - columns of ours
            profile_id=profile_id,
            status=status,
        )
        return [_account(row) for row in rows]

    async def change_status(
        self,
        profile_id: ProfileId,
        before: AccountStatus,
        after: AccountStatus,
        reasons: Sequence[StatusReason],
    ) -> None:
        """Change the status of all accounts of a profile that have the status `before`."""
        await self._tx.run(
            """
            update accounts
               set status = :after, status_reasons = :reasons, reason = :reason,
                   words_at = case when words_at = updated_at then :now else words_at end,
                   updated_at = :now
             where project_id = :project_id and profile_id = :profile_id and status = :before
            """,
            profile_id=profile_id,
            before=before,
            after=after,
            reasons=encode(reasons).decode(),
            reason=_reason(reasons),
        )
        await self._tx.touch()

    async def suspend(self, account_ids: Sequence[str], reasons: Sequence[StatusReason]) -> None:
        """Suspend accounts for reasons, which take the place of those that they have."""
        await self._tx.run(
            """
            update accounts
               set status = 'suspended', status_reasons = :reasons, reason = :reason,
                   words_at = case when words_at = updated_at then :now else words_at end,
                   updated_at = :now
             where project_id = :project_id and id in (:ids)
            """,
            ids=account_ids,
            reasons=encode(reasons).decode(),
            reason=_reason(reasons),
        )
        await self._tx.touch()

    async def count_of_profile(self, profile_id: ProfileId) -> int:
        row = await self._tx.one(
            """
            select count(*) as total
              from accounts
             where project_id = :project_id and profile_id = :profile_id
            """,
            profile_id=profile_id,
        )
        return 0 if row is None else row["total"]

    async def providers_of(self, owner_id: str, owner_name: str) -> set[str]:
        """Return the providers that an origin owner has accounts with."""
        rows = await self._tx.all(
            """
            select distinct provider
              from accounts
             where project_id = :project_id and origin_owner_id = :owner_id
               and origin_owner_name = :owner_name
             order by provider
            """,
            owner_id=owner_id,
            owner_name=owner_name,
        )
        return {row["provider"] for row in rows}

    async def ids(self, provider: str | None) -> list[str]:
        """Return the ids of all accounts, or of those of one provider, oldest first."""
        only: LiteralString = "" if provider is None else " and provider = :provider"
        rows = await self._tx.all(
            f"select id from accounts where project_id = :project_id {only} order by id",  # noqa: S608 - a literal
            **({} if provider is None else {"provider": provider}),
        )
        return [row["id"] for row in rows]

    async def add(self, account: Account) -> None:
        await self._tx.run(
            """
            insert into accounts
                   (id, project_id, profile_id, provider, auth_method, environment,
                    origin_owner_id, origin_owner_name, origin_username, label, type, shared,
                    metadata, setup_information, status, status_reasons, generation,
                    created_at, updated_at, allowed_actions, reason, words_at)
            values (:id, :project_id, :profile_id, :provider, :auth_method, :environment,
                    :origin_owner_id, :origin_owner_name, :origin_username, :label, :type, :shared,
                    :metadata, :setup_information, :status, :status_reasons, :generation,
                    :created_at, :updated_at, :allowed_actions, :reason, :updated_at)
            """,
            **_columns(account),
        )
        await AccountWords(self._tx).put(account)
        await self._tx.run(
            """
            insert into account_uses (account_id, project_id, last_run_id)
            values (:id, :project_id, '')
                on conflict do nothing
            """,
            id=account.id,
        )
        await self._tx.touch()

    async def save(self, account: Account) -> None:
        await self._tx.run(
            """
            update accounts
               set profile_id = :profile_id,
                   auth_method = :auth_method,
                   environment = :environment,
                   origin_owner_id = :origin_owner_id,
                   origin_owner_name = :origin_owner_name,
                   origin_username = :origin_username,
                   label = :label,
                   type = :type,
                   shared = :shared,
                   metadata = :metadata,
                   setup_information = :setup_information,
                   status = :status,
                   status_reasons = :status_reasons,
                   generation = :generation,
                   updated_at = :updated_at,
                   allowed_actions = :allowed_actions,
                   reason = :reason,
                   words_at = :updated_at
             where project_id = :project_id and id = :id
            """,
            **_columns(account),
        )
        await AccountWords(self._tx).put(account)
        await self._tx.touch()

    async def remove(self, account_id: AccountId) -> None:
        await AccountWords(self._tx).remove(account_id)
        await self._tx.run(
            "delete from account_uses where project_id = :project_id and account_id = :id",
            id=account_id,
        )
        await self._tx.run(
            "delete from accounts where project_id = :project_id and id = :id", id=account_id
        )
        await self._tx.touch()


async def project_of_account(db: Database, account_id: str) -> ProjectId:
    """
    Return the project that an account is in; for commands, which have no project.

    Raises:
        AccountNotFound: no project has an account with this id.
    """
    rows = await db.unscoped("select project_id from accounts where id = :id", id=account_id)
    if not rows:
        raise AccountNotFound(account_id=account_id)
    return ProjectId(rows[0]["project_id"])


def _parts(only: AccountFilter) -> tuple[LiteralString, dict[str, object]]:
    """Return selects of ids, which together have all that may be on the page, and their values."""
    if only.origin_owner_ids:
        # An owner has few accounts: the rest is compared in each of them.
        found = alternatives({"origin_owner_id": only.origin_owner_ids})
        rest = replace(only, origin_owner_ids=())
    else:
        found = alternatives({"provider": only.providers, "status": only.statuses})
        rest = AccountFilter()
    if only.ids or found is None:
        found, rest = one_for_all(), only
    where, values = _conditions(rest)
    parts: list[LiteralString] = [
        f"""
        select id
          from (select id
                  from accounts
                 where project_id = :project_id {condition} {where}
                 order by id desc
                 limit :upto) as part
        """  # noqa: S608 - the conditions are made of literals
        for condition in found[0]
    ]
    return " union all ".join(parts), values | found[1]


def _conditions(only: AccountFilter) -> tuple[LiteralString, dict[str, object]]:
    return value_clauses(
        (
            (" and id in (:ids)", "ids", only.ids),
            (" and provider in (:providers)", "providers", only.providers),
            (" and origin_owner_id in (:owners)", "owners", only.origin_owner_ids),
            (" and status in (:statuses)", "statuses", only.statuses),
        )
    )


def _account(row: Row) -> Account:
    parsed: dict[str, Json] = {name: parse(row[name] or "null") for name in _JSON_COLUMNS}
    public = parsed.pop("setup_information")
    return convert({**row, **parsed, "public_values": public}, Account)


def _reason(reasons: Sequence[StatusReason]) -> str:
    """Return the code that accounts are found by, which the page of accounts shows first."""
    return reasons[0].code if reasons else ""


def _columns(account: Account) -> dict[str, object]:
    columns: dict[str, object] = asdict(account)
    columns["setup_information"] = columns.pop("public_values")
    columns["reason"] = _reason(account.status_reasons)
    return columns | {name: encode(columns[name]).decode() for name in _JSON_COLUMNS}

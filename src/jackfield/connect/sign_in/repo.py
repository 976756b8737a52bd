"""Repository of sign-ins."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from jackfield.connect.sign_in.models import (
    LIFETIME,
    BrowserKey,
    SignIn,
    SignInNotFound,
    Stage,
    StartKey,
    State,
)
from jackfield.db.columns import columns_of
from jackfield.db.tx import Database, Row, Tx
from jackfield.engine.oauth.device import DeviceCode
from jackfield.kit.json import convert, encode, parse

# A page that is still open can be told how it ended.
_KEPT: Final = timedelta(hours=1)
_COLUMNS: Final = columns_of(SignIn)


class SignIns:
    """The sign-ins of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def add(self, sign_in: SignIn) -> None:
        await self._tx.run(
            """
            insert into sign_ins
                   (id, project_id, session_id, connector_key, profile_id, account_id, stage,
                    status, created_at, updated_at, expires_at)
            values (:id, :project_id, :session_id, :connector_key, :profile_id, :account_id, :stage,
                    :status, :now, :now, :expires_at)
            """,
            id=sign_in.id,
            session_id=sign_in.session_id,
            connector_key=sign_in.connector_key,
            profile_id=sign_in.profile_id,
            account_id=sign_in.account_id,
            stage=sign_in.stage,
            status=sign_in.status,
            expires_at=sign_in.expires_at,
        )

    async def get(self, sign_in_id: str) -> SignIn:
        """
        Return one sign-in.

        Raises:
            SignInNotFound: the project has none with this id.
        """
        row = await self._tx.one(
            f"select {_COLUMNS} from sign_ins where project_id = :project_id and id = :id",  # noqa: S608 - columns of ours
            id=sign_in_id,
        )
        if row is None:
            raise SignInNotFound
        return _sign_in(row)

    async def prepare(
        self,
        sign_in: SignIn,
        *,
        key: StartKey,
        profile_id: str,
        connector_key: str,
        account_id: str | None,
    ) -> bool:
        """Set what an announced attempt is for, and its key; false if it has been started."""
        row = await self._tx.one(
            """
            update sign_ins
               set profile_id = :profile_id, connector_key = :connector_key,
                   account_id = :account_id, key_digest = :key, updated_at = :now
             where project_id = :project_id and id = :id and stage = 'prepared'
            returning id
            """,
            id=sign_in.id,
            profile_id=profile_id,
            connector_key=connector_key,
            account_id=account_id,
            key=key.digest(),
        )
        return row is not None

    async def start(
        self,
        sign_in: SignIn,
        *,
        state: State,
        browser: BrowserKey,
        device: DeviceCode | None = None,
    ) -> bool:
        """
        Start a prepared sign-in, once; return false if it was started before.

        Its browser is sent to the provider, or shown the code of `device`.
        """
        row = await self._tx.one(
            """
            update sign_ins
               set stage = 'started', state_digest = :state,
                   browser_digest = :browser, expires_at = :expires_at, poll_at = :poll_at,
                   poll_seconds = :poll_seconds, updated_at = :now
             where project_id = :project_id and id = :id and stage = 'prepared'
               and expires_at > :now
            returning id
            """,
            id=sign_in.id,
            state=state.digest(),
            browser=browser.digest(),
            expires_at=sign_in.expires_at if device is None else device.expires_at,
            poll_at=None if device is None else self._tx.now + timedelta(seconds=device.interval),
            poll_seconds=0 if device is None else device.interval,
        )
        return row is not None

    async def claim_poll(self, sign_in: SignIn, *, until: datetime) -> bool:
        """Claim the question about a code; return false if it has been asked, or is being asked."""
        row = await self._tx.one(
            """
            update sign_ins
               set poll_at = :until
             where project_id = :project_id and id = :id and stage = 'started' and poll_at <= :now
            returning id
            """,
            id=sign_in.id,
            until=until,
        )
        return row is not None

    async def schedule_poll(self, sign_in: SignIn, *, seconds: int) -> None:
        """Have the next question about a code asked `seconds` from now, and each one after it."""
        await self._tx.run(
            """
            update sign_ins
               set poll_at = :poll_at, poll_seconds = :seconds
             where project_id = :project_id and id = :id and stage = 'started'
            """,
            id=sign_in.id,
            seconds=seconds,
            poll_at=self._tx.now + timedelta(seconds=seconds),
        )

    async def redeem(self, sign_in: SignIn, *, stage: Stage = Stage.STARTED) -> bool:
        """Take what ended `stage`, once; return false if another request has taken it."""
        row = await self._tx.one(
            """
            update sign_ins
               set stage = 'redeeming', updated_at = :now
             where project_id = :project_id and id = :id and stage = :stage
            returning id
            """,
            id=sign_in.id,
            stage=stage,
        )
        return row is not None

    async def wait(self, sign_in: SignIn, stage: Stage, *, missing: Iterable[str] = ()) -> bool:
        """Have a sign-in wait in `stage`, for a while; return false if it has ended."""
        row = await self._tx.one(
            """
            update sign_ins
               set stage = :stage, updated_at = :now, expires_at = :expires_at,
                   scopes_missing = :scopes_missing
             where project_id = :project_id and id = :id and stage = 'redeeming'
            returning id
            """,
            id=sign_in.id,
            stage=stage,
            expires_at=self._tx.now + LIFETIME,
            scopes_missing=encode(tuple(missing)).decode(),
        )
        return row is not None

    async def end(self, sign_in: SignIn) -> bool:
        """End a sign-in as `sign_in` says; return false if it has ended already."""
        row = await self._tx.one(
            """
            update sign_ins
               set stage = 'ended', status = :status, updated_at = :now,
                   error_code = :error_code, error_description = :error_description,
                   linked_account_id = :linked_account_id, pending_link_id = :pending_link_id,
                   scopes_missing = :scopes_missing
             where project_id = :project_id and id = :id and stage <> 'ended'
            returning id
            """,
            id=sign_in.id,
            status=sign_in.status,
            error_code=sign_in.error_code,
            error_description=sign_in.error_description,
            linked_account_id=sign_in.linked_account_id,
            pending_link_id=sign_in.pending_link_id,
            scopes_missing=encode(sign_in.scopes_missing).decode(),
        )
        return row is not None

    async def drop_expired(self) -> list[str]:
        """Delete what expired an hour ago or earlier, and return the ids."""
        rows = await self._tx.all(
            """
            delete from sign_ins
             where project_id = :project_id and expires_at <= :before
            returning id
            """,
            before=self._tx.now - _KEPT,
        )
        return [row["id"] for row in rows]


async def find_by_key(db: Database, key: StartKey) -> SignIn | None:
    """Look a sign-in up in every project: the project is not known before."""
    rows = await db.unscoped(
        f"select {_COLUMNS} from sign_ins where key_digest = :digest",  # noqa: S608 - columns of ours
        digest=key.digest(),
    )
    return _sign_in(rows[0]) if rows else None


async def find_by_state(db: Database, state: State) -> tuple[SignIn, bytes | None] | None:
    """Look a sign-in up by the state that came back, with the digest of its browser's key."""
    rows = await db.unscoped(
        f"""
        select {_COLUMNS}, browser_digest
          from sign_ins
         where state_digest = :digest
        """,  # noqa: S608 - columns of ours
        digest=state.digest(),
    )
    return (_sign_in(rows[0]), rows[0]["browser_digest"]) if rows else None


async def find_in_browser(db: Database, sign_in_id: str, browser: BrowserKey) -> SignIn | None:
    """Look a sign-in up that a browser started."""
    rows = await db.unscoped(
        f"select {_COLUMNS} from sign_ins where id = :id and browser_digest = :browser",  # noqa: S608 - columns of ours
        id=sign_in_id,
        browser=browser.digest(),
    )
    return _sign_in(rows[0]) if rows else None


async def find_started(
    db: Database, connector_key: str, browser: BrowserKey, now: datetime
) -> SignIn | None:
    """Look up the latest sign-in of a browser that waits for a provider's answer."""
    rows = await db.unscoped(
        f"""
        select {_COLUMNS} from sign_ins
         where browser_digest = :browser and connector_key = :connector_key and stage = 'started'
           and poll_at is null and expires_at > :now
         order by updated_at desc, id desc
         limit 1
        """,  # noqa: S608 - columns of ours
        browser=browser.digest(),
        connector_key=connector_key,
        now=now,
    )
    return _sign_in(rows[0]) if rows else None


def _sign_in(row: Row) -> SignIn:
    return convert({**row, "scopes_missing": parse(row["scopes_missing"])}, SignIn)

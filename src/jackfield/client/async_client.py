"""Asynchronous client."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from itertools import count
from typing import Any, Self, TypeVar

import aiohttp
from yarl import URL

from jackfield.client import exchange, operations
from jackfield.client.errors import ClientError, Unreachable
from jackfield.client.exchange import Target
from jackfield.client.models import (
    Account,
    Connector,
    ConnectSession,
    File,
    FoundAction,
    Result,
)
from jackfield.client.operations import Operation

T = TypeVar("T")


class AsyncHub:
    """
    One hub, asked with one API key; used as `async with AsyncHub() as hub`.

    As many requests at a time as you like. A refusal is a `Refused` whose class says what can be
    done about it. Where the hub says that trying again will help, that is done, `retries` times.
    """

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        seconds: float = exchange.SECONDS,
        retries: int = 2,
    ) -> None:
        """What is left out is read from JACKFIELD_URL and JACKFIELD_API_KEY."""
        self._target = Target.of(url, api_key, seconds=seconds, retries=retries)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def get_account(self, account_id: str) -> Account:
        return await self._ask(operations.get_account(account_id))

    async def update_account(self, account_id: str, **changes: Any) -> Account:
        """Change what an account is called and whose it is."""
        return await self._ask(operations.update_account(account_id, changes))

    async def delete_account(self, account_id: str) -> Account:
        """Delete an account and its credentials, and return what it was."""
        return await self._ask(operations.delete_account(account_id))

    async def check_account(self, account_id: str) -> Account:
        """Ask the provider whether it still accepts the account's credential."""
        return await self._ask(operations.look_after_account(account_id, "check"))

    async def suspend_account(self, account_id: str) -> Account:
        """Pause an account: its actions are refused until it is resumed."""
        return await self._ask(operations.look_after_account(account_id, "suspend"))

    async def resume_account(self, account_id: str) -> Account:
        return await self._ask(operations.look_after_account(account_id, "resume"))

    async def create_connect_session(
        self, *, origin_owner_id: str, origin_owner_name: str, **terms: Any
    ) -> ConnectSession:
        """Open a session in which one of your customers links an account."""
        owner = {"origin_owner_id": origin_owner_id, "origin_owner_name": origin_owner_name}
        return await self._ask(operations.create_connect_session({**owner, **terms}))

    async def search_actions(
        self, query: str, *, connector: str | None = None, top_k: int = 10
    ) -> list[FoundAction]:
        """Find actions by what they do, in plain words."""
        return await self._ask(operations.search_actions(query, connector=connector, top_k=top_k))

    async def run(
        self,
        action: str,
        inputs: Mapping[str, Any] | None = None,
        *,
        account_id: str,
        cursor: str | None = None,
        dry_run: bool = False,
    ) -> Result | File:
        """Run an action; `inputs` are by name, wherever the provider takes them."""
        asked = operations.run(
            action, account_id=account_id, inputs=inputs or {}, cursor=cursor, dry_run=dry_run
        )
        return await self._ask(asked)

    async def send_feedback(self, account_id: str, *, tools: Iterable[str], feedback: str) -> None:
        """Tell the hub's operator how tools did."""
        await self._ask(operations.send_feedback(account_id, tools, feedback))

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Ask for what has no method of its own; JSON is read, anything else comes as bytes."""
        return await self._ask(
            operations.raw(method, path, query=query, body=body, headers=headers)
        )

    async def accounts(
        self,
        *,
        providers: Iterable[str] = (),
        origin_owner_ids: Iterable[str] = (),
        statuses: Iterable[str] = (),
    ) -> AsyncIterator[Account]:
        """Yield linked accounts, newest first, page by page."""
        for page in count(1):
            found = await self._ask(
                operations.list_accounts(
                    page=page,
                    providers=list(providers),
                    origin_owner_ids=list(origin_owner_ids),
                    status=list(statuses),
                )
            )
            for account in found:
                yield account
            if len(found) < operations.PAGE:
                return

    async def connectors(
        self, *, keys: Iterable[str] = (), include: Iterable[str] = ()
    ) -> AsyncIterator[Connector]:
        """Yield connectors with their actions; `include=["action_details"]` for their inputs."""
        cursor = None
        while True:
            page, cursor = await self._ask(
                operations.list_connectors(
                    cursor=cursor,
                    only={"filter[connectors]": list(keys), "include": list(include)},
                )
            )
            for connector in page:
                yield connector
            if cursor is None:
                return

    async def run_pages(
        self, action: str, inputs: Mapping[str, Any] | None = None, *, account_id: str
    ) -> AsyncIterator[Any]:
        """Run an action that lists, and yield every row of every page."""
        cursor = None
        while True:
            page = await self.run(action, inputs, account_id=account_id, cursor=cursor)
            if not isinstance(page, Result):
                msg = f"{action} gives back a file, not rows"
                raise TypeError(msg)
            rows: list[Any] = page.data or []
            for row in rows:
                yield row
            cursor = page.next
            if cursor is None:
                return

    async def _ask(self, operation: Operation[T]) -> T:
        headers = exchange.headers_of(operation, self._target)
        attempt = 0
        while True:
            try:
                return await self._send(operation, headers)
            except ClientError as error:
                wait = exchange.wait_before_retry(error, attempt=attempt, target=self._target)
                if wait is None:
                    raise
            await asyncio.sleep(wait)
            attempt += 1

    async def _send(self, operation: Operation[T], headers: Mapping[str, str]) -> T:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=self._target.seconds)
            self._session = aiohttp.ClientSession(timeout=timeout, requote_redirect_url=False)
        try:
            async with self._session.request(
                operation.method,
                URL(self._target.url + operation.path, encoded=True),
                data=exchange.content_of(operation),
                headers=headers,
                allow_redirects=False,
            ) as response:
                content = await response.read()
                received = {name.lower(): value for name, value in response.headers.items()}
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            msg = f"no hub answers at {self._target.url} ({error})"
            raise Unreachable(msg) from error
        return exchange.accept(operation, response.status, received, content)

"""Asynchronous client."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from itertools import count
from typing import Any, Self, TypeVar

import aiohttp
from yarl import URL

from jackfield.client import exchange, operations
from jackfield.client.errors import ClientError
from jackfield.client.exchange import Target
from jackfield.client.models import (
    Account,
    Connector,
    ConnectSession,
    File,
    FoundAction,
    NarrowedKey,
    PortalSession,
    Result,
)
from jackfield.client.operations import Operation

T = TypeVar("T")


class AsyncHub:
    """
    A client of one hub with one API key, used as `async with AsyncHub() as hub`.

    It sends any number of requests at a time. An error response is raised as a `Refused` whose class
    says what can be done about it. A request is repeated up to `retries` times if the hub says that
    this helps.
    """

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        seconds: float = exchange.SECONDS,
        retries: int = 2,
        program: str = exchange.PROGRAM,
    ) -> None:
        """Connect to a hub; the defaults are JACKFIELD_URL and JACKFIELD_API_KEY."""
        self._target = Target.of(url, api_key, seconds=seconds, retries=retries, program=program)
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
        return await self._send(operations.get_account(account_id))

    async def update_account(self, account_id: str, **changes: Any) -> Account:
        """Change an account's names, owner and other fields."""
        return await self._send(operations.update_account(account_id, changes))

    async def delete_account(self, account_id: str) -> Account:
        """Delete an account and its credentials, and return its last state."""
        return await self._send(operations.delete_account(account_id))

    async def check_account(self, account_id: str) -> Account:
        """Verify the account's credentials with the provider."""
        return await self._send(operations.change_status(account_id, "check"))

    async def suspend_account(self, account_id: str) -> Account:
        """Pause an account: its actions are refused until it is resumed."""
        return await self._send(operations.change_status(account_id, "suspend"))

    async def resume_account(self, account_id: str) -> Account:
        return await self._send(operations.change_status(account_id, "resume"))

    async def create_connect_session(
        self, *, origin_owner_id: str, origin_owner_name: str, **terms: Any
    ) -> ConnectSession:
        """Open a session in which one of your customers links an account."""
        owner = {"origin_owner_id": origin_owner_id, "origin_owner_name": origin_owner_name}
        return await self._send(operations.create_connect_session({**owner, **terms}))

    async def create_portal_session(self, *, origin_owner_id: str, **terms: Any) -> PortalSession:
        """Make a link that opens the own page of one of your customers, once."""
        terms = {"origin_owner_id": origin_owner_id, **terms}
        return await self._send(operations.create_portal_session(terms))

    async def narrow_key(self, **limits: Any) -> NarrowedKey:
        """
        Mint a key that may do less than this one, for an agent or a page.

        Limits are `origin_owner_id`, `account_ids`, `connectors`, `actions`, `effects`, `calls` and
        `minutes`; `name` says what it is for.
        """
        return await self._send(operations.narrow_key(limits))

    async def search_actions(
        self, query: str, *, connector: str | None = None, top_k: int = 10
    ) -> list[FoundAction]:
        """Find actions by what they do, in plain words."""
        return await self._send(operations.search_actions(query, connector=connector, top_k=top_k))

    async def run(
        self,
        action: str,
        inputs: Mapping[str, Any] | None = None,
        *,
        account_id: str,
        cursor: str | None = None,
        dry_run: bool = False,
    ) -> Result | File:
        """Run an action with `inputs` by name."""
        operation = operations.run(
            action, account_id=account_id, inputs=inputs or {}, cursor=cursor, dry_run=dry_run
        )
        return await self._send(operation)

    async def stream(
        self, action: str, inputs: Mapping[str, Any] | None = None, *, account_id: str
    ) -> AsyncIterator[bytes]:
        """
        Run an action whose rows the provider streams, and yield the bytes as they come.

        Raises:
            BrokenOff: the rows ended early: those that came are not all.
        """
        operation = operations.stream(action, account_id=account_id, inputs=inputs or {})
        async for chunk in self._chunks(operation, action, is_wanted=exchange.is_rows):
            yield chunk

    async def stream_lines(
        self, action: str, inputs: Mapping[str, Any] | None = None, *, account_id: str
    ) -> AsyncIterator[str]:
        """Yield the lines of `stream` with their ends, as a file does."""
        lines = exchange.Lines()
        async for chunk in self.stream(action, inputs, account_id=account_id):
            for line in lines.of(chunk):
                yield line
        for line in lines.of(b"", is_last=True):
            yield line

    async def follow(
        self, path: str, *, query: Mapping[str, Any] | None = None
    ) -> AsyncIterator[str]:
        """
        Yield the lines of a response that goes on, such as server-sent events, as they come.

        Raises:
            BrokenOff: it ended early.
        """
        operation = operations.raw("GET", path, query=query)
        lines = exchange.Lines()
        async for chunk in self._chunks(operation, path, is_wanted=exchange.is_events):
            for line in lines.of(chunk):
                yield line

    async def send_feedback(self, account_id: str, *, tools: Iterable[str], feedback: str) -> None:
        """Send feedback on tools to the hub's operator."""
        await self._send(operations.send_feedback(account_id, tools, feedback))

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Send any other request; JSON is decoded, anything else is returned as bytes."""
        return await self._send(
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
            batch = await self._send(
                operations.list_accounts(
                    page=page,
                    providers=list(providers),
                    origin_owner_ids=list(origin_owner_ids),
                    status=list(statuses),
                )
            )
            for account in batch:
                yield account
            if len(batch) < operations.PAGE:
                return

    async def connectors(
        self, *, keys: Iterable[str] = (), include: Iterable[str] = ()
    ) -> AsyncIterator[Connector]:
        """Yield connectors with their actions; `include=["action_details"]` for their inputs."""
        cursor = None
        while True:
            page, cursor = await self._send(
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
        """Run an action that lists rows, and yield the rows of every page."""
        cursor, seen = None, set[str]()
        while True:
            page = await self.run(action, inputs, account_id=account_id, cursor=cursor)
            if not isinstance(page, Result):
                msg = f"{action} returned a file, not rows"
                raise TypeError(msg)
            rows: list[Any] = page.data or []
            for row in rows:
                yield row
            cursor = exchange.next_cursor(page, seen)
            if cursor is None:
                return

    async def _chunks(
        self,
        operation: Operation[Any],
        name: str,
        *,
        is_wanted: Callable[[int, Mapping[str, str]], bool],
    ) -> AsyncIterator[bytes]:
        headers = exchange.headers_of(operation, self._target)
        seconds = self._target.seconds
        # For each piece, and not for all of them.
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=seconds, sock_read=seconds)
        begun = False
        try:
            async with self._ask(operation, headers, timeout=timeout) as response:
                received = _headers_of(response)
                if not is_wanted(response.status, received):
                    content = await response.read()
                    exchange.refuse(self._target, response.status, received, content)
                begun = True
                async for chunk in response.content.iter_any():
                    yield chunk
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            if begun:
                raise exchange.broken_off(name, error) from error
            raise exchange.unreachable(self._target, error) from error

    async def _send(self, operation: Operation[T]) -> T:
        headers = exchange.headers_of(operation, self._target)
        attempt = 0
        while True:
            try:
                return await self._send_once(operation, headers)
            except ClientError as error:
                wait = exchange.wait_before_retry(error, attempt=attempt, target=self._target)
                if wait is None:
                    raise
            await asyncio.sleep(wait)
            attempt += 1

    async def _send_once(self, operation: Operation[T], headers: Mapping[str, str]) -> T:
        try:
            async with self._ask(operation, headers) as response:
                content, received = await response.read(), _headers_of(response)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise exchange.unreachable(self._target, error) from error
        return exchange.accept(operation, self._target, response.status, received, content)

    def _ask(
        self, operation: Operation[Any], headers: Mapping[str, str], **timeout: Any
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        if self._session is None:
            whole = aiohttp.ClientTimeout(total=self._target.seconds)
            self._session = aiohttp.ClientSession(timeout=whole, requote_redirect_url=False)
        return self._session.request(
            operation.method,
            URL(self._target.url + operation.path, encoded=True),
            data=exchange.content_of(operation),
            headers=headers,
            allow_redirects=False,
            **timeout,
        )


def _headers_of(response: aiohttp.ClientResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}

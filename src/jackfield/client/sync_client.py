"""Synchronous client."""

import http.client
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from itertools import count
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

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


class Hub:
    """
    A client of one hub with one API key.

    It sends one request at a time; several threads need a `Hub` each. An error response is raised
    as a `Refused` whose class says what can be done about it. A request is repeated up to `retries`
    times if the hub says that this helps.
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
        self._connection: http.client.HTTPConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def get_account(self, account_id: str) -> Account:
        return self._send(operations.get_account(account_id))

    def update_account(self, account_id: str, **changes: Any) -> Account:
        """Change an account's names, owner and other fields."""
        return self._send(operations.update_account(account_id, changes))

    def delete_account(self, account_id: str) -> Account:
        """Delete an account and its credentials, and return its last state."""
        return self._send(operations.delete_account(account_id))

    def check_account(self, account_id: str) -> Account:
        """Verify the account's credentials with the provider."""
        return self._send(operations.change_status(account_id, "check"))

    def suspend_account(self, account_id: str) -> Account:
        """Pause an account: its actions are refused until it is resumed."""
        return self._send(operations.change_status(account_id, "suspend"))

    def resume_account(self, account_id: str) -> Account:
        return self._send(operations.change_status(account_id, "resume"))

    def create_connect_session(
        self, *, origin_owner_id: str, origin_owner_name: str, **terms: Any
    ) -> ConnectSession:
        """Open a session in which one of your customers links an account."""
        owner = {"origin_owner_id": origin_owner_id, "origin_owner_name": origin_owner_name}
        return self._send(operations.create_connect_session({**owner, **terms}))

    def create_portal_session(self, *, origin_owner_id: str, **terms: Any) -> PortalSession:
        """Make a link that opens the own page of one of your customers, once."""
        terms = {"origin_owner_id": origin_owner_id, **terms}
        return self._send(operations.create_portal_session(terms))

    def narrow_key(self, **limits: Any) -> NarrowedKey:
        """
        Mint a key that may do less than this one, for an agent or a page.

        Limits are `origin_owner_id`, `account_ids`, `connectors`, `actions`, `effects`, `calls` and
        `minutes`; `name` says what it is for.
        """
        return self._send(operations.narrow_key(limits))

    def search_actions(
        self, query: str, *, connector: str | None = None, top_k: int = 10
    ) -> list[FoundAction]:
        """Find actions by what they do, in plain words."""
        return self._send(operations.search_actions(query, connector=connector, top_k=top_k))

    def run(
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
        return self._send(operation)

    def stream(
        self, action: str, inputs: Mapping[str, Any] | None = None, *, account_id: str
    ) -> Iterator[bytes]:
        """
        Run an action whose rows the provider streams, and yield the bytes as they come.

        Raises:
            BrokenOff: the rows ended early: those that came are not all.
        """
        operation = operations.stream(action, account_id=account_id, inputs=inputs or {})
        yield from self._chunks(operation, action, is_wanted=exchange.is_rows)

    def stream_lines(
        self, action: str, inputs: Mapping[str, Any] | None = None, *, account_id: str
    ) -> Iterator[str]:
        """Yield the lines of `stream` with their ends, as a file does."""
        lines = exchange.Lines()
        for chunk in self.stream(action, inputs, account_id=account_id):
            yield from lines.of(chunk)
        yield from lines.of(b"", is_last=True)

    def follow(self, path: str, *, query: Mapping[str, Any] | None = None) -> Iterator[str]:
        """
        Yield the lines of a response that goes on, such as server-sent events, as they come.

        Raises:
            BrokenOff: it ended early.
        """
        operation = operations.raw("GET", path, query=query)
        lines = exchange.Lines()
        for chunk in self._chunks(operation, path, is_wanted=exchange.is_events):
            yield from lines.of(chunk)

    def send_feedback(self, account_id: str, *, tools: Iterable[str], feedback: str) -> None:
        """Send feedback on tools to the hub's operator."""
        self._send(operations.send_feedback(account_id, tools, feedback))

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Send any other request; JSON is decoded, anything else is returned as bytes."""
        return self._send(operations.raw(method, path, query=query, body=body, headers=headers))

    def accounts(
        self,
        *,
        providers: Iterable[str] = (),
        origin_owner_ids: Iterable[str] = (),
        statuses: Iterable[str] = (),
    ) -> Iterator[Account]:
        """Yield linked accounts, newest first, page by page."""
        for page in count(1):
            batch = self._send(
                operations.list_accounts(
                    page=page,
                    providers=list(providers),
                    origin_owner_ids=list(origin_owner_ids),
                    status=list(statuses),
                )
            )
            yield from batch
            if len(batch) < operations.PAGE:
                return

    def connectors(
        self, *, keys: Iterable[str] = (), include: Iterable[str] = ()
    ) -> Iterator[Connector]:
        """Yield connectors with their actions; `include=["action_details"]` for their inputs."""
        cursor = None
        while True:
            page, cursor = self._send(
                operations.list_connectors(
                    cursor=cursor,
                    only={"filter[connectors]": list(keys), "include": list(include)},
                )
            )
            yield from page
            if cursor is None:
                return

    def run_pages(
        self, action: str, inputs: Mapping[str, Any] | None = None, *, account_id: str
    ) -> Iterator[Any]:
        """Run an action that lists rows, and yield the rows of every page."""
        cursor, seen = None, set[str]()
        while True:
            page = self.run(action, inputs, account_id=account_id, cursor=cursor)
            if not isinstance(page, Result):
                msg = f"{action} returned a file, not rows"
                raise TypeError(msg)
            yield from page.data or []
            cursor = exchange.next_cursor(page, seen)
            if cursor is None:
                return

    def _chunks(
        self,
        operation: Operation[Any],
        name: str,
        *,
        is_wanted: Callable[[int, Mapping[str, str]], bool],
    ) -> Iterator[bytes]:
        headers = exchange.headers_of(operation, self._target)
        # A connection of its own: others may be asked while rows come.
        with closing(self._connect()) as connection:
            try:
                response = self._ask(connection, operation, headers)
                received = _headers_of(response)
                if not is_wanted(response.status, received):
                    exchange.refuse(self._target, response.status, received, response.read())
            except (OSError, http.client.HTTPException) as error:
                raise exchange.unreachable(self._target, error) from error
            while chunk := _next_chunk(response, name):
                yield chunk

    def _send(self, operation: Operation[T]) -> T:
        headers = exchange.headers_of(operation, self._target)
        attempt = 0
        while True:
            try:
                return self._send_once(operation, headers)
            except ClientError as error:
                wait = exchange.wait_before_retry(error, attempt=attempt, target=self._target)
                if wait is None:
                    raise
            time.sleep(wait)
            attempt += 1

    def _send_once(self, operation: Operation[T], headers: Mapping[str, str]) -> T:
        reused, self._connection = self._connection, None
        connection = reused or self._connect()
        try:
            response = self._ask(connection, operation, headers)
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            if reused is not None and isinstance(
                error, ConnectionError | http.client.BadStatusLine
            ):
                # The hub closed an idle connection: connect again.
                return self._send_once(operation, headers)
            raise exchange.unreachable(self._target, error) from error
        if response.will_close:
            connection.close()
        else:
            self._connection = connection
        received = _headers_of(response)
        return exchange.accept(operation, self._target, response.status, received, content)

    def _connect(self) -> http.client.HTTPConnection:
        url, seconds = urlsplit(self._target.url), self._target.seconds
        if url.scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(url.netloc, timeout=seconds, context=context)
        return http.client.HTTPConnection(url.netloc, timeout=seconds)

    def _ask(
        self,
        connection: http.client.HTTPConnection,
        operation: Operation[Any],
        headers: Mapping[str, str],
    ) -> http.client.HTTPResponse:
        connection.request(
            operation.method,
            urlsplit(self._target.url).path + operation.path,
            body=exchange.content_of(operation),
            headers=dict(headers),
        )
        return connection.getresponse()


def _next_chunk(response: http.client.HTTPResponse, action: str) -> bytes:
    try:
        chunk = response.read1(exchange.CHUNK)
    except (OSError, http.client.HTTPException) as error:
        raise exchange.broken_off(action, error) from error
    if not chunk and response.length:
        raise exchange.broken_off(action, f"{response.length} bytes are missing")
    return chunk


def _headers_of(response: http.client.HTTPResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.getheaders()}

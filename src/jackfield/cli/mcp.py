"""`jackfield mcp`: the tools of linked accounts over standard input and output."""

import json
import sys
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final, TextIO

import click

from jackfield.cli.output import say
from jackfield.kit.json import as_object, is_list, is_object

if TYPE_CHECKING:
    from jackfield.client import Hub

_AT_ONCE: Final = 16
_INVALID_REQUEST: Final = -32600
_INTERNAL_ERROR: Final = -32603
_PARSE_ERROR: Final = -32700
_VERSION_KEY: Final = "io.modelcontextprotocol/protocolVersion"


@click.command()
@click.option("--account", "accounts", multiple=True, help="A linked account; may be repeated.")
@click.option("--url", help="The hub; JACKFIELD_URL when left out.")
@click.option(
    "--tool-mode",
    type=click.Choice(["individual", "search_execute"]),
    default="individual",
    show_default=True,
    help="A tool for each action, or two that find and run them.",
)
def mcp(accounts: tuple[str, ...], url: str | None, tool_mode: str) -> None:
    """
    Offer linked accounts' actions as MCP tools on standard input and output.

    For clients that start a program instead of opening a URL. The hub must be running;
    JACKFIELD_API_KEY holds its key. Without --account, all accounts are offered that can be used
    now.
    """
    from jackfield.client import Hub, Unreachable  # noqa: PLC0415 - kept out of `--help`

    relay = _Relay(url, accounts=accounts, tool_mode=tool_mode, out=sys.stdout)
    try:
        with Hub(url) as hub:
            relay.choose_accounts(hub)
    except Unreachable as error:
        # The client started this program and may not start it again: the hub may come yet.
        say(f"warning: {error}", err=True)
    relay.run(sys.stdin.buffer)


class _Relay:
    """A relay of lines to the hub's `/mcp` and of the responses back, several at a time."""

    def __init__(
        self, url: str | None, *, accounts: tuple[str, ...], tool_mode: str, out: TextIO
    ) -> None:
        self._url = url
        self._accounts = accounts
        self._path = f"/mcp?tool-mode={tool_mode}"
        self._out = out
        self._writing = threading.Lock()
        self._agreed: str | None = None
        self._own = threading.local()
        self._open = ExitStack()

    def choose_accounts(self, hub: "Hub") -> None:
        """
        Take all accounts that can be used now, if none are named.

        Raises:
            ClientError: there are none, or the hub does not say.
        """
        from jackfield.client import ClientError  # noqa: PLC0415 - kept out of `--help`

        if not self._accounts:
            self._accounts = tuple(each.id for each in hub.accounts(statuses=["active"]))
        if not self._accounts:
            msg = "no account can be used; link one with `jackfield connect PROVIDER --owner-id ID`"
            raise ClientError(msg)

    def run(self, lines: Iterable[bytes]) -> None:
        """Answer each line: a protocol on standard input is UTF-8, whatever the locale says."""
        with self._open, ThreadPoolExecutor(_AT_ONCE) as pool:
            for line in lines:
                if not line.strip():
                    continue
                message, refused = _read(line)
                if refused is not None:
                    self._write(refused)
                elif _method(message) == "initialize":
                    # Later messages depend on the version agreed here.
                    self._forward(message)
                else:
                    pool.submit(self._forward, message)

    def _forward(self, message: Any) -> None:
        try:
            response = self._send(message)
        except Exception as error:  # noqa: BLE001 - in a thread: nothing else would answer the line
            response = _error(_id(message), _INTERNAL_ERROR, f"the request cannot be sent: {error}")
        if _method(message) == "initialize":
            self._agreed = as_object(as_object(response).get("result")).get("protocolVersion")
        if _is_answered(message):
            none = _error(_id(message), _INTERNAL_ERROR, "the hub sent no answer")
            self._write(response or none)

    def _send(self, message: Any) -> Any:
        from jackfield.client import ClientError, Hub, Refused  # noqa: PLC0415

        hub: Hub | None = getattr(self._own, "hub", None)
        if hub is None:
            hub = self._own.hub = self._open.enter_context(Hub(self._url))
        try:
            self.choose_accounts(hub)
            headers = {"x-account-id": ",".join(self._accounts), **self._route(message)}
            response = hub.request("POST", self._path, body=message, headers=headers)
        except Refused as refused:
            # The body may be a JSON-RPC error already.
            response = refused.body if "jsonrpc" in refused.body else None
            return response or _error(_id(message), _INTERNAL_ERROR, str(refused))
        except ClientError as error:
            return _error(_id(message), _INTERNAL_ERROR, str(error))
        if response and not is_object(response) and not is_list(response):
            words = "no hub answers: the response is no JSON-RPC message"
            return _error(_id(message), _INTERNAL_ERROR, words)
        return response

    def _route(self, message: Any) -> dict[str, str]:
        """Return the protocol headers of a message over HTTP."""
        params = as_object(as_object(message).get("params"))
        version = as_object(params.get("_meta")).get(_VERSION_KEY)
        if version is None:
            return {"mcp-protocol-version": self._agreed} if self._agreed else {}
        named = {"mcp-name": str(params["name"])} if "name" in params else {}
        return {"mcp-protocol-version": str(version), "mcp-method": _method(message) or "", **named}

    def _write(self, response: Any) -> None:
        with self._writing:
            self._out.write(json.dumps(response, separators=(",", ":")) + "\n")
            self._out.flush()


def _read(line: bytes) -> tuple[Any, dict[str, Any] | None]:
    """Return the message of a line, or the error it is answered with."""
    try:
        message = json.loads(line.decode("utf-8", "replace").lstrip("\ufeff"), parse_constant=_no)
    except (ValueError, RecursionError):
        return None, _error(None, _PARSE_ERROR, "the line is not JSON")
    try:
        line.decode()
        json.dumps(message, ensure_ascii=False).encode()
    except UnicodeError:
        return None, _error(_id(message), _PARSE_ERROR, "the line is not UTF-8")
    if not is_object(message) and not is_list(message):
        return None, _error(None, _INVALID_REQUEST, "the line must be a JSON-RPC message")
    return message, None


def _no(constant: str) -> None:
    msg = f"{constant} is not JSON"
    raise ValueError(msg)


def _is_answered(message: Any) -> bool:
    """Tell whether a line waits for an answer: neither a notification nor an answer itself."""
    if is_list(message):
        return not message or any(map(_is_answered, message))
    if not is_object(message):
        return True
    if "method" not in message:
        return not {"result", "error"} & message.keys()
    return "id" in message


def _method(message: Any) -> str | None:
    return as_object(message).get("method")


def _id(message: Any) -> Any:
    return as_object(message).get("id")


def _error(message_id: Any, code: int, words: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": message_id, "error": {"code": code, "message": words}}

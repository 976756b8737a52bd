"""`jackfield mcp`: the tools of linked accounts over standard input and output."""

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TextIO

import click

from jackfield.cli.output import fail
from jackfield.kit.json import as_object

_AT_ONCE: Final = 16
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
    from jackfield.client import ClientError, Hub  # noqa: PLC0415 - kept out of `--help`

    try:
        with Hub(url) as hub:
            chosen = accounts or tuple(each.id for each in hub.accounts(statuses=["active"]))
    except ClientError as error:
        fail(str(error))
    if not chosen:
        fail("no account can be used; link one with `jackfield connect PROVIDER --owner-id ID`")
    _Relay(url, accounts=chosen, tool_mode=tool_mode, out=sys.stdout).run(sys.stdin)


class _Relay:
    """A relay of lines to the hub's `/mcp` and of the responses back, several at a time."""

    def __init__(
        self, url: str | None, *, accounts: tuple[str, ...], tool_mode: str, out: TextIO
    ) -> None:
        self._url = url
        self._headers = {"x-account-id": ",".join(accounts)}
        self._path = f"/mcp?tool-mode={tool_mode}"
        self._out = out
        self._writing = threading.Lock()
        self._agreed: str | None = None
        self._own = threading.local()

    def run(self, lines: TextIO) -> None:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for line in lines:
                text = line.strip()
                if not text:
                    continue
                try:
                    message = json.loads(text)
                except ValueError:
                    self._write(_error(None, _PARSE_ERROR, "the line is not JSON"))
                    continue
                if _method(message) == "initialize":
                    # Later messages depend on the version agreed here.
                    self._forward(message)
                else:
                    pool.submit(self._forward, message)

    def _forward(self, message: Any) -> None:
        from jackfield.client import ClientError, Hub, Refused  # noqa: PLC0415

        hub: Hub | None = getattr(self._own, "hub", None)
        if hub is None:
            hub = self._own.hub = Hub(self._url)
        waits = isinstance(message, list) or "id" in message
        try:
            response = hub.request(
                "POST", self._path, body=message, headers={**self._headers, **self._route(message)}
            )
        except Refused as refused:
            # The body may be a JSON-RPC error already.
            response = refused.body if "jsonrpc" in refused.body else None
            response = response or _error(_id(message), _INTERNAL_ERROR, str(refused))
        except ClientError as error:
            response = _error(_id(message), _INTERNAL_ERROR, str(error))
        if _method(message) == "initialize":
            self._agreed = as_object(as_object(response).get("result")).get("protocolVersion")
        if waits and response is not None:
            self._write(response)

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


def _method(message: Any) -> str | None:
    return as_object(message).get("method")


def _id(message: Any) -> Any:
    return as_object(message).get("id")


def _error(message_id: Any, code: int, words: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": message_id, "error": {"code": code, "message": words}}

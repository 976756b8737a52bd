"""API client of the commands that speak HTTP; API errors become exit statuses."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec

from jackfield.cli.output import fail, fail_with
from jackfield.client import Hub, Refused, Unreachable
from jackfield.settings import Settings


def call(
    method: str,
    path: str,
    shape: Any = Any,
    *,
    query: Mapping[str, Any] | None = None,
    body: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Any:
    """Send one request to the hub at JACKFIELD_URL with JACKFIELD_API_KEY; see `send`."""
    with hub() as opened:
        return send(opened, method, path, shape, query=query, body=body, headers=headers)


def send(
    opened: Hub,
    method: str,
    path: str,
    shape: Any = Any,
    *,
    query: Mapping[str, Any] | None = None,
    body: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Any:
    """
    Send one request to a hub, and return the decoded JSON of the response, or its bytes.

    An error response ends the command, and so does one that does not have the `shape` of a hub's.
    """
    found = opened.request(method, path, query=query, body=body, headers=headers)
    try:
        msgspec.convert(found, shape)
    except msgspec.ValidationError as error:
        msg = f"no hub answers: the response to {method} {path} is not a hub's ({error})"
        raise Unreachable(msg) from None
    return found


@contextmanager
def hub(url: str | None = None, api_key: str | None = None) -> Generator[Hub]:
    """Open a client of a hub, whose errors end the command: by default that of the settings."""
    settings = Settings.read()
    key = api_key or settings.api_key
    if key is None:
        fail(
            "JACKFIELD_API_KEY is not set; make a key with `jackfield keys create --name cli`, "
            "then: export JACKFIELD_API_KEY=jf_sk_…"
        )
    try:
        # No retries: a person is waiting and will retry sooner.
        with Hub(url, key, retries=0, program="jackfield-cli") as opened:
            yield opened
    except Refused as refused:
        fail_with(refused)
    except Unreachable as error:
        fail(
            f"{error}; start a hub with `jackfield serve`, or point JACKFIELD_URL to the one "
            "that runs [hub_unreachable]"
        )

"""API client of the commands that speak HTTP; API errors become exit statuses."""

from collections.abc import Mapping
from typing import Any

from jackfield.cli.output import fail, fail_with
from jackfield.client import ClientError, Hub, Refused, Unreachable
from jackfield.settings import Settings


def call(
    method: str,
    path: str,
    *,
    query: Mapping[str, Any] | None = None,
    body: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Any:
    """Send one request to the hub at JACKFIELD_URL with JACKFIELD_API_KEY; see `send`."""
    settings = Settings.read()
    if settings.api_key is None:
        fail(
            "JACKFIELD_API_KEY is not set; make a key with `jackfield keys create --name cli`, "
            "then: export JACKFIELD_API_KEY=jf_sk_…"
        )
    return send(
        settings.url, settings.api_key, method, path, query=query, body=body, headers=headers
    )


def send(
    hub_url: str,
    api_key: str,
    method: str,
    path: str,
    *,
    query: Mapping[str, Any] | None = None,
    body: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Any:
    """
    Send one request to a hub, and return the decoded JSON of the response, or its bytes.

    An error response ends the command.
    """
    try:
        # No retries: a person is waiting and will retry sooner.
        with Hub(hub_url, api_key, retries=0) as hub:
            return hub.request(method, path, query=query, body=body, headers=headers)
    except Refused as refused:
        fail_with(refused.body, refused.status)
    except Unreachable as error:
        fail(
            f"{error}; start a hub with `jackfield serve`, or point JACKFIELD_URL to the one "
            "that runs [hub_unreachable]"
        )
    except ClientError as error:
        fail(str(error))

"""The hub's API, as the commands that speak HTTP use it."""

import base64
import http.client
import json
import ssl
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from jackfield.cli.output import fail, fail_as_answered
from jackfield.settings import Settings

_SECONDS: Final = 120
_FIRST_REFUSAL: Final = 400


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
    path += f"?{urlencode(query, doseq=True)}" if query else ""
    return send(settings.url, settings.api_key, method, path, body=body, headers=headers)


def send(
    hub_url: str,
    api_key: str,
    method: str,
    path: str,
    *,
    body: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Any:
    """
    Send one request to a hub, and return the JSON of its answer.

    An answer that is no JSON is returned as bytes. A refusal ends the command.
    """
    basic = base64.b64encode(f"{api_key}:".encode()).decode()
    url = urlsplit(hub_url)
    connection = _connect(url.scheme, url.netloc)
    try:
        connection.request(
            method,
            url.path.rstrip("/") + path,
            body=None if body is None else json.dumps(body),
            headers={
                "Authorization": f"Basic {basic}",
                "Content-Type": "application/json",
                "User-Agent": "jackfield-cli",
                **(headers or {}),
            },
        )
        response = connection.getresponse()
        content = response.read()
    except (OSError, http.client.HTTPException) as error:
        fail(
            f"no hub answers at {hub_url} ({error}); start one with `jackfield serve`, or point "
            "JACKFIELD_URL to one"
        )
    finally:
        connection.close()
    if "json" not in (response.getheader("content-type") or ""):
        if response.status >= _FIRST_REFUSAL:
            fail(f"{hub_url} answered with status {response.status}, and is perhaps no hub")
        return content
    answer = json.loads(content)
    if response.status >= _FIRST_REFUSAL:
        fail_as_answered(answer, response.status)
    return answer


def _connect(scheme: str, netloc: str) -> http.client.HTTPConnection:
    if scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(netloc, timeout=_SECONDS, context=context)
    return http.client.HTTPConnection(netloc, timeout=_SECONDS)

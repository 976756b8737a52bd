"""Headers that somebody made to do harm: a hub refuses them, and never fails by them."""

from typing import Any

import pytest
from hypothesis import given, settings

from jackfield.asgi import build_app
from tests.fuzz.hostile import hostile
from tests.support.running import Running

pytestmark = pytest.mark.anyio

HEADERS = {
    b"authorization": (b"Basic amZfc2tfOg==", b"Bearer jf_sk_x", b'Digest username="a"', b"Basic"),
    b"cookie": (
        b"jackfield_session=jf_ms_x; __Host-jackfield_sign_in=jf_br_y; jackfield_parked=z",
    ),
    b"x-hub-session-token": (b"jf_ct_AAAA",),
    b"x-portal-key": (b"jf_pk_AAAA",),
    b"x-account-id": (b"acc_01KJMBQDE0C9SE56SP184TRYH4",),
    b"idempotency-key": (b"once",),
    b"accept-language": (b"de-CH, fr;q=0.9, *;q=0.5",),
    b"accept-encoding": (b"gzip;q=1.0, br",),
    b"content-type": (b"application/json; charset=utf-8", b"multipart/form-data; boundary=b"),
    b"content-length": (b"2",),
    b"origin": (b"https://app.example",),
    b"host": (b"hub.test:443",),
    b"if-none-match": (b'W/"abc"',),
    b"x-forwarded-for": (b"203.0.113.7, [::1]:80",),
    b"mcp-protocol-version": (b"2025-06-18",),
    b"mcp-session-id": (b"abc",),
}
PLACES = (
    *(("GET", "/accounts"), ("POST", "/actions/rpc"), ("GET", "/hub/settings"), ("POST", "/mcp")),
    *(("GET", "/dashboard"), ("POST", "/dashboard/connectors/upload"), ("GET", "/portal/x")),
    *(("GET", "/connect/oauth2/iterable/callback"), ("GET", "/docs"), ("POST", "/hub/accounts")),
    *(("POST", "/connect/oauth2/iterable/codes/x"), ("GET", "/"), ("POST", "/")),
)


def drawn(seeds: tuple[bytes, ...], few: settings) -> list[bytes]:
    values: list[bytes] = []

    @few
    @given(hostile(*seeds))
    def keep(value: bytes) -> None:
        values.append(value)

    keep()
    return values


async def status_of(app: Any, method: str, path: str, name: bytes, value: bytes) -> int:
    """Send one request with a header as it is, which a client would not."""
    sent: list[dict[str, Any]] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"hub.test"), (name, value)],
        "client": ("127.0.0.1", 1),
        "server": ("hub.test", 443),
    }
    await app(scope, receive, send)
    return sent[0]["status"]


async def test_no_header_whatever_makes_a_hub_fail(hub: Running, fuzzing: settings) -> None:
    app, tried = build_app(hub.hub), list[tuple[bytes, bytes]]()
    few = settings(fuzzing, max_examples=max(1, fuzzing.max_examples // 4))
    for name, seeds in HEADERS.items():
        # What a server hands on has no line ends.
        tried += [(name, each.translate(None, b"\r\n\0")) for each in drawn(seeds, few)]
    failed: list[object] = []
    for at, (name, value) in enumerate(tried):
        method, path = PLACES[at % len(PLACES)]
        status = await status_of(app, method, path, name, value)
        if status >= 500:
            failed.append((method, path, name, value, status))

    assert failed == []

"""What a caller's own request may hold, and what of it is sent."""

from typing import Any

import httpx2
import pytest

from tests.support.running import Running
from tests.support.scripted import Seen

pytestmark = pytest.mark.anyio


async def proxy(hub: Running, account_id: str, **body: Any) -> httpx2.Response:
    return await hub.api.post("/unified/proxy", headers={"x-account-id": account_id}, json=body)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("path", "/api/../../oauth/token"),
        ("path", ".."),
        ("path", "/api/%2e%2E/x"),
        ("path", "/a/..%2Fb"),
        ("path", "/a\\..\\b"),
        ("path", "/a/./b"),
        ("path", "/a/..;/b"),
        ("path", "/a/%252e%252e/b"),
        ("path", "/a\nb"),
        ("path", "/a\tb"),
        ("path", "/a?x=\r\n1"),
        ("path", "/a\x00"),
        ("path", "/a\x7f"),
        ("path", "/a#b"),
        ("path", "/a "),
        ("url", "https://api.iterable.com/api/.."),
        ("url", "https://api.iterable.com/a\n"),
    ],
)
async def test_an_address_that_would_be_sent_as_another_one_is_refused(
    echoing: tuple[Running, list[Seen], str], place: str, value: str
) -> None:
    hub, seen, account_id = echoing

    response = await proxy(hub, account_id, **{place: value})

    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")
    assert [fault["path"] for fault in response.json()["faults"]] == [place]
    assert seen == []


@pytest.mark.parametrize(
    "path", ["/a..b", "/.well-known/x", "/a?x=..", "/a?x=/../", "/a b", "/%23"]
)
async def test_dots_and_blanks_that_stay_as_they_are_are_sent(
    echoing: tuple[Running, list[Seen], str], path: str
) -> None:
    hub, seen, account_id = echoing

    await proxy(hub, account_id, path=path)

    assert seen[0].line.split()[1] == path.replace(" ", "%20")


async def test_headers_of_the_connection_and_of_the_hub_are_not_passed_on(
    echoing: tuple[Running, list[Seen], str],
) -> None:
    hub, seen, account_id = echoing
    kept_back = {
        "Proxy-Authorization": "Basic eA==",
        "Proxy-Connection": "keep-alive",
        "X-Hub-Session-Token": "t",
        "Connection": "close, X-Hop",
        "X-Hop": "1",
    }

    await proxy(hub, account_id, path="/x", headers={**kept_back, "X-Kept": "1"})

    assert seen[0].headers["x-kept"] == "1"
    assert not {name.lower() for name in kept_back} - {"connection"} & seen[0].headers.keys()


@pytest.mark.parametrize(
    ("headers", "kind"),
    [({}, "application/octet-stream"), ({"content-type": "image/png"}, "image/png")],
)
async def test_bytes_can_be_sent_as_base64(
    echoing: tuple[Running, list[Seen], str], headers: dict[str, str], kind: str
) -> None:
    hub, seen, account_id = echoing

    response = await proxy(
        hub, account_id, method="post", path="/x", headers=headers, body="/wD+", encoding="base64"
    )

    assert response.json()["status"] == 200
    assert (seen[0].body, seen[0].headers["content-type"]) == (b"\xff\x00\xfe", kind)


@pytest.mark.parametrize("body", ["/wD", "no base64!", "/wD+\n", 7, {"a": "/wD+"}, None])
async def test_what_is_no_base64_is_not_sent_as_such(
    echoing: tuple[Running, list[Seen], str], body: Any
) -> None:
    hub, seen, account_id = echoing

    response = await proxy(hub, account_id, method="post", path="/x", body=body, encoding="base64")

    assert (response.status_code, response.json()["faults"][0]["path"]) == (422, "body")
    assert seen == []


@pytest.mark.parametrize("method", ["get", "GET", "delete", None])
@pytest.mark.parametrize("body", [{}, ""])
async def test_an_empty_body_is_not_sent_with_a_method_that_needs_none(
    echoing: tuple[Running, list[Seen], str], method: str | None, body: Any
) -> None:
    hub, seen, account_id = echoing

    await proxy(hub, account_id, method=method, path="/x", body=body)

    assert seen[0].headers.get("content-length", "0") == "0"
    assert not {"content-type", "transfer-encoding"} & seen[0].headers.keys()


@pytest.mark.parametrize(
    ("method", "body", "sent"),
    [("post", {}, b"{}"), ("put", {}, b"{}"), ("delete", {"a": 1}, b'{"a":1}'), ("get", [], b"[]")],
)
async def test_a_body_that_is_meant_is_sent(
    echoing: tuple[Running, list[Seen], str], method: str, body: Any, sent: bytes
) -> None:
    hub, seen, account_id = echoing

    await proxy(hub, account_id, method=method, path="/x", body=body)

    assert (seen[0].body, seen[0].headers["content-type"]) == (sent, "application/json")

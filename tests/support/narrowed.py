"""Narrowed keys, minted through the API, and requests with them."""

from typing import Any

import httpx2

from tests.support.running import Running


async def mint(hub: Running, *, key: str | None = None, **limits: Any) -> dict[str, Any]:
    """Mint a key from the hub's own or from `key`, and return what the API says of it."""
    response = await asked(hub, key or hub.api_key, "POST", "/jackfield/keys", json=limits)
    assert response.status_code == 201, response.text
    return response.json()


async def asked(
    hub: Running, key: str, method: str, path: str, *, origin: str | None = None, **given: Any
) -> httpx2.Response:
    headers = {"authorization": f"Bearer {key}", **given.pop("headers", {})}
    if origin is not None:
        headers["origin"] = origin
    return await hub.api.request(method, path, headers=headers, auth=None, **given)


async def run(
    hub: Running, key: str, account: str, action: str, *, path: str = "/actions/rpc", **placed: Any
) -> httpx2.Response:
    return await asked(
        hub,
        key,
        "POST",
        path,
        headers={"x-account-id": account},
        json={"action": action, **placed},
    )


async def proxied(hub: Running, key: str, account: str, method: str = "get") -> httpx2.Response:
    return await asked(
        hub,
        key,
        "POST",
        "/unified/proxy",
        headers={"x-account-id": account},
        json={"method": method, "path": "/api/channels"},
    )

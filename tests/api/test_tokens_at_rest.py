"""What is kept of the tokens that open something."""

import pytest

from jackfield.projects import service as projects
from tests.api.test_dashboard import press
from tests.support.actor import TESTER
from tests.support.portal import open_portal
from tests.support.running import PUBLIC_URL, Running

pytestmark = pytest.mark.anyio


async def everything(hub: Running) -> str:
    """Return every row of every table as text, and bytes in hexadecimal too."""
    on_sqlite = "select name from sqlite_master where type = 'table'"
    on_postgres = (
        "select table_name as name from information_schema.tables where table_schema = 'public'"
    )
    kind = type(hub.hub.db).__name__
    tables = await hub.hub.db.unscoped(on_sqlite if "Sqlite" in kind else on_postgres)
    found: list[str] = []
    for table in tables:
        for row in await hub.hub.db.unscoped(f"select * from {table['name']}"):
            found.extend(
                bytes(value).decode("latin-1")
                if isinstance(value, bytes | memoryview)
                else str(value)
                for value in row.values()
            )
    assert len(tables) > 15
    return "\n".join(found)


@pytest.mark.database
async def test_no_token_that_opens_something_is_kept(hub: Running) -> None:
    once = {"idempotency-key": "once"}
    session = (
        await hub.api.post(
            "/connect_sessions",
            headers=once,
            json={"origin_owner_id": "a", "origin_owner_name": "A"},
        )
    ).json()
    hook = await hub.api.post(
        "/jackfield/webhooks",
        headers={"idempotency-key": "twice"},
        json={"url": "https://receiver.example/x", "events": ["*"]},
    )
    account = await hub.link()
    await hub.run(account, "iterable_list_channels", debug=True)
    await hub.api.get(session["auth_link_url"], auth=None)
    unused = await projects.sign_in_url(hub.hub, hub.project, TESTER)
    used = await projects.sign_in_url(hub.hub, hub.project, TESTER)
    hub.api.headers["origin"] = PUBLIC_URL
    signed_in = await press(hub.api, used)
    portal = await open_portal(hub)
    await hub.hub.write_buffer.flush()

    kept = await everything(hub)

    tokens = {
        "api key": hub.api_key,
        "connect token": session["token"],
        "portal link": portal.session["token"],
        "portal key": portal.cookie.partition("=")[2],
        "sign-in link": unused.partition("?token=")[2],
        "used sign-in link": used.partition("?token=")[2],
        "dashboard session": signed_in.headers["set-cookie"].partition("=")[2].partition(";")[0],
        "signing secret": hook.json()["secret"],
        "credential": hub.us_key,
    }
    assert "acme" in kept, "accounts are looked at, too"
    assert all(len(token) > 20 for token in tokens.values())
    assert [name for name, token in tokens.items() if token in kept] == []

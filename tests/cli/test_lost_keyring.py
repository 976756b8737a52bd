"""A keyring that is lost for good: `jackfield vault forget` is the way on."""

from pathlib import Path

import pytest

from jackfield.sandbox.iterable.server import Sandbox
from jackfield.vault.keyring import KeyringUnusable
from tests.cli.conftest import Command
from tests.support.clock import FrozenClock
from tests.support.running import Running, running_hub

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.database]


async def fill(hub: Running) -> dict[str, str]:
    """Link an account, leave a pending link and set up a webhook; return their ids."""
    account = await hub.link()
    hook = await hub.api.post(
        "/jackfield/webhooks", json={"url": "https://receiver.example/x", "events": ["*"]}
    )
    await hub.api.patch("/jackfield/project", json={"confirm_links": True})
    session = await hub.session(origin_owner_id="other")
    left = await hub.submit(session["token"], {"api_key": hub.us_key, "region": "us"})
    await hub.api.patch("/jackfield/project", json={"confirm_links": False})
    return {"account": account, "webhook": hook.json()["id"], "link": left.json()["id"]}


async def test_a_hub_whose_keyring_is_lost_goes_on_with_what_is_linked_anew(
    jackfield: Command,
    sandbox: Sandbox,
    data_dir: Path,
    clock: FrozenClock,
    hub_database_url: str | None,
) -> None:
    database = {"DATABASE_URL": hub_database_url} if hub_database_url else {}
    settings = {"data_dir": data_dir, "clock": clock, "database_url": hub_database_url}
    async with running_hub(sandbox, **settings) as hub:
        ids = await fill(hub)
    (data_dir / "keyring.json").unlink()
    with pytest.raises(KeyringUnusable, match="jackfield vault forget"):
        async with running_hub(sandbox, **settings):
            pass

    kept = await jackfield("vault", "forget", stdin="yes\n", **database)
    with pytest.raises(KeyringUnusable):
        async with running_hub(sandbox, **settings):
            pass
    forgotten = await jackfield("vault", "forget", stdin="forget\n", **database)

    async with running_hub(sandbox, **settings) as hub:
        account, webhook = f"/accounts/{ids['account']}", f"/jackfield/webhooks/{ids['webhook']}"
        link = f"/jackfield/pending_links/{ids['link']}"
        shown = (await hub.api.get(account)).json()
        ran = await hub.run(ids["account"], "iterable_list_channels")
        refused = [await hub.api.post(f"{link}/{verb}") for verb in ("confirm", "refuse")]
        rotated = await hub.api.post(f"{webhook}/rotate")
        again = await hub.link()
        works = await hub.run(again, "iterable_list_channels")
    nothing = await jackfield("vault", "forget", **database)

    assert (kept.status, "nothing was changed" in kept.err) == (1, True)
    assert all(f"1 {name}" in kept.out for name in ("accounts", "webhooks", "pending links"))
    assert forgotten.status == 0, forgotten.err
    assert (shown["status"], shown["status_reasons"][0]["code"]) == (
        "error",
        "credentials_unreadable",
    )
    assert ran.status_code == 412
    assert [each.status_code for each in refused] == [409, 200]
    assert rotated.status_code == 200
    assert (again, works.status_code) == (ids["account"], 200)
    assert (nothing.status, "nothing to forget" in nothing.out) == (0, True)


async def test_with_the_right_keyring_nothing_is_forgotten(
    jackfield: Command, sandbox: Sandbox, data_dir: Path, clock: FrozenClock
) -> None:
    async with running_hub(sandbox, data_dir=data_dir, clock=clock) as hub:
        account = await hub.link()

    said = await jackfield("vault", "forget", stdin="forget\n")

    async with running_hub(sandbox, data_dir=data_dir, clock=clock) as hub:
        ran = await hub.run(account, "iterable_list_channels")
    assert "nothing to forget" in said.out
    assert ran.status_code == 200


async def test_where_there_is_no_hub_nothing_is_made(jackfield: Command, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"

    said = await jackfield("vault", "forget", stdin="forget\n", DATA_DIR=str(folder))

    assert (said.status, folder.exists()) == (1, False)
    assert str(folder) in said.err

"""Second factor of members: set-up, codes that work once, recovery codes, and a project that asks for it."""

import re
from pathlib import Path

import httpx2
import pyotp
import pytest

from jackfield.installation import keyring_store
from jackfield.members import direct
from jackfield.members.models import Member, Role
from jackfield.members.repo import find_member
from jackfield.members.sessions.attempts import MOST_BY_EMAIL
from jackfield.secrets.keys import watch
from jackfield.secrets.keys.rotation import Rotation
from jackfield.secrets.keys.usage import retire
from jackfield.settings import Settings
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock
from tests.support.members import PASSWORD, browser, member, sign_in, with_password
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]


def hidden(page: httpx2.Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page.text)
    assert found is not None
    return found[1]


def code_at(secret: str, clock: FrozenClock, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(int(clock().timestamp()) + 30 * steps)


async def set_up(
    opened: httpx2.AsyncClient, clock: FrozenClock, **data: str
) -> tuple[str, list[str]]:
    """Set up a second factor, and return its secret and the recovery codes."""
    page = await opened.post("/dashboard/me/factor/start", data=data)
    found = re.search(r'<code id="secret">(\w+)</code>', page.text)
    assert found is not None, page.text
    sealed = hidden(page, "sealed")
    code = code_at(found[1], clock)
    shown = await opened.post("/dashboard/me/factor/confirm", data={"sealed": sealed, "code": code})
    return found[1], re.findall(r"<li>([0-9a-f-]{23})</li>", shown.text)


async def enter(opened: httpx2.AsyncClient, email: str, code: str) -> httpx2.Response:
    asked = await sign_in(opened, email)
    assert "Second factor" in asked.text
    assert "set-cookie" not in asked.headers
    data = {"sealed": hidden(asked, "sealed"), "code": code}
    return await opened.post("/dashboard/sign-in/code", data=data)


async def reloaded(hub: Running, email: str) -> Member:
    found = await find_member(hub.hub.db, email)
    assert found is not None
    return found


async def test_a_code_is_asked_for_after_the_password_and_taken_once(
    hub: Running, clock: FrozenClock
) -> None:
    ada = await with_password(hub, "ada@example.com")
    async with browser(hub, ada) as opened:
        secret, codes = await set_up(opened, clock, current=PASSWORD)
    assert len(codes) == 10
    used = code_at(secret, clock)
    async with browser(hub) as opened:
        replayed = await enter(opened, "ada@example.com", used)
        clock.advance(seconds=30)
        first = await enter(opened, "ada@example.com", code_at(secret, clock))
        again = await enter(opened, "ada@example.com", code_at(secret, clock))
        before = await enter(opened, "ada@example.com", code_at(secret, clock, -1))

    assert [each.status_code for each in (replayed, first, again, before)] == [401, 303, 401, 401]


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 303), (0, 303), (1, 303), (2, 401)])
async def test_a_clock_may_be_off_by_one_step(
    hub: Running, clock: FrozenClock, steps: int, status: int
) -> None:
    ada = await with_password(hub, "ada@example.com")
    async with browser(hub, ada) as opened:
        secret, _ = await set_up(opened, clock, current=PASSWORD)
    clock.advance(minutes=5)
    async with browser(hub) as opened:
        done = await enter(opened, "ada@example.com", code_at(secret, clock, steps))

    assert done.status_code == status


async def test_a_recovery_code_works_once_and_new_ones_replace_them(
    hub: Running, clock: FrozenClock
) -> None:
    ada = await with_password(hub, "ada@example.com")
    async with browser(hub, ada) as opened:
        _, codes = await set_up(opened, clock, current=PASSWORD)
    async with browser(hub) as opened:
        first = await enter(opened, "ada@example.com", codes[0].upper())
        page = await opened.get("/dashboard/me")
        renewed = await opened.post("/dashboard/me/factor/codes", data={"code": codes[1]})
        fresh = re.findall(r"<li>([0-9a-f-]{23})</li>", renewed.text)
        opened.cookies.clear()
        again = await enter(opened, "ada@example.com", codes[0])
        old = await enter(opened, "ada@example.com", codes[2])
        new = await enter(opened, "ada@example.com", fresh[0].replace("-", " "))

    assert "9 recovery codes left" in page.text
    assert [each.status_code for each in (first, again, old, new)] == [303, 401, 401, 303]


async def test_codes_are_not_guessed(hub: Running, clock: FrozenClock) -> None:
    ada = await with_password(hub, "ada@example.com")
    async with browser(hub, ada) as opened:
        secret, _ = await set_up(opened, clock, current=PASSWORD)
    clock.advance(minutes=5)
    async with browser(hub) as opened:
        sealed = hidden(await sign_in(opened, "ada@example.com"), "sealed")
        for number in range(MOST_BY_EMAIL):
            last = await opened.post(
                "/dashboard/sign-in/code", data={"sealed": sealed, "code": f"{number:06}"}
            )
        right = {"sealed": sealed, "code": code_at(secret, clock)}
        throttled = await opened.post("/dashboard/sign-in/code", data=right)

    assert last.status_code == 429
    assert throttled.status_code == 429


async def test_a_sign_in_that_waits_for_a_code_ends_by_time_and_with_the_password(
    hub: Running, clock: FrozenClock
) -> None:
    ada = await with_password(hub, "ada@example.com")
    async with browser(hub, ada) as opened:
        secret, _ = await set_up(opened, clock, current=PASSWORD)
    clock.advance(minutes=5)
    async with browser(hub) as opened:
        late = hidden(await sign_in(opened, "ada@example.com"), "sealed")
        clock.advance(minutes=6)
        expired = await opened.post(
            "/dashboard/sign-in/code", data={"sealed": late, "code": code_at(secret, clock)}
        )
        waiting = hidden(await sign_in(opened, "ada@example.com"), "sealed")
        await direct.reset_password(hub.hub, hub.project, ada, TESTER, second_factor=False)
        changed = await opened.post(
            "/dashboard/sign-in/code", data={"sealed": waiting, "code": code_at(secret, clock)}
        )
        made_up = await opened.post("/dashboard/sign-in/code", data={"sealed": "AAAA", "code": "1"})

    assert [each.status_code for each in (expired, changed, made_up)] == [401, 401, 401]


async def test_a_rotation_of_the_keys_signs_nobody_out_and_stops_no_sign_in(
    hub: Running, data_dir: Path, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_LEAVING_SECONDS", 0.0)
    ada, eve = [await with_password(hub, f"{each}@example.com") for each in ("ada", "eve")]
    store = keyring_store(Settings(data_dir=data_dir))
    rotation = Rotation(
        hub.hub.db, store, clock, TESTER, sleep=lambda _seconds: watch.follow(hub.hub)
    )
    async with browser(hub, ada) as signed_in, browser(hub) as halfway, browser(hub, eve) as new:
        secret, _ = await set_up(signed_in, clock, current=PASSWORD)
        clock.advance(minutes=1)
        waiting = hidden(await sign_in(halfway, "ada@example.com"), "sealed")
        begun = await new.post("/dashboard/me/factor/start", data={"current": PASSWORD})
        shown = re.findall(r'<code id="secret">(\w+)</code>', begun.text)[0]
        before = hub.hub.vault.keyring.current

        rotated = await rotation.run()
        goes_on = await signed_in.get("/dashboard/me")
        data = {"sealed": waiting, "code": code_at(secret, clock)}
        entered = await halfway.post("/dashboard/sign-in/code", data=data)
        data = {"sealed": hidden(begun, "sealed"), "code": code_at(shown, clock)}
        confirmed = await new.post("/dashboard/me/factor/confirm", data=data)
        clock.advance(hours=2)
        await watch.follow(hub.hub)
        await retire(rotation, before)
        await watch.follow(hub.hub)
        without = await enter(halfway, "ada@example.com", code_at(secret, clock))

    assert (rotated.is_new, rotated.unopened) == (True, ())
    assert (goes_on.status_code, confirmed.status_code) == (200, 200)
    assert (entered.status_code, without.status_code) == (303, 303)
    assert hub.hub.vault.keyring.ids == {rotated.key}


async def test_a_second_factor_is_set_up_with_the_password_and_a_code_of_ones_own(
    hub: Running, clock: FrozenClock
) -> None:
    ada, eve = [await with_password(hub, f"{each}@example.com") for each in ("ada", "eve")]
    async with browser(hub, ada) as of_ada, browser(hub, eve) as of_eve:
        wrong = await of_ada.post("/dashboard/me/factor/start", data={"current": "no"})
        page = await of_ada.post("/dashboard/me/factor/start", data={"current": PASSWORD})
        secret = re.findall(r'<code id="secret">(\w+)</code>', page.text)[0]
        data = {"sealed": hidden(page, "sealed"), "code": code_at(secret, clock)}
        stolen = await of_eve.post("/dashboard/me/factor/confirm", data=data)
        missed = await of_ada.post("/dashboard/me/factor/confirm", data={**data, "code": "000000"})
        clock.advance(minutes=31)
        late = {**data, "code": code_at(secret, clock)}
        expired = await of_ada.post("/dashboard/me/factor/confirm", data=late)

    assert (wrong.status_code, missed.status_code) == (422, 422)
    assert secret in missed.text
    assert (stolen.status_code, expired.status_code) == (303, 303)
    assert not (await reloaded(hub, "ada@example.com")).has_factor
    assert not (await reloaded(hub, "eve@example.com")).has_factor


async def test_a_second_factor_is_removed_with_a_code_and_nothing_of_it_is_left(
    hub: Running, clock: FrozenClock
) -> None:
    ada = await with_password(hub, "ada@example.com")
    async with browser(hub, ada) as opened:
        secret, _ = await set_up(opened, clock, current=PASSWORD)
        kept = await hub.hub.db.unscoped("select sealed from credentials")
        wrong = await opened.post("/dashboard/me/factor/remove", data={"code": "000000"})
        clock.advance(seconds=30)
        await opened.post("/dashboard/me/factor/remove", data={"code": code_at(secret, clock)})
        done = await sign_in(opened, "ada@example.com")

    assert wrong.status_code == 422
    assert all(secret.encode() not in row["sealed"] for row in kept)
    assert len(kept) == 1
    assert done.status_code == 303
    assert await hub.hub.db.unscoped("select sealed from credentials") == []
    assert await hub.hub.db.unscoped("select digest from recovery_codes") == []


async def test_a_project_can_ask_every_password_for_a_second_factor(
    hub: Running, clock: FrozenClock
) -> None:
    owner = await member(hub, "olga@example.com", Role.OWNER)
    ada = await with_password(hub, "ada@example.com", Role.ADMIN)
    async with browser(hub, owner) as opened:
        await opened.post("/dashboard/members/second-factor", data={"required": "1"})
    async with browser(hub, ada) as opened:
        turned = await opened.get("/dashboard/keys")
        posted = await opened.post("/dashboard/keys", data={"name": "x", "scope": "logs:read"})
        asked = await opened.get("/dashboard/me?required=1")
        await set_up(opened, clock, current=PASSWORD)
        free = await opened.get("/dashboard/keys")

    assert (turned.status_code, posted.status_code, free.status_code) == (303, 303, 200)
    assert turned.headers["location"].startswith("/dashboard/me")
    assert "asks for a second factor" in asked.text
    assert await hub.hub.db.unscoped("select id from api_keys where name = 'x'") == []


async def test_an_operator_removes_the_second_factor_of_a_lost_phone(
    hub: Running, clock: FrozenClock
) -> None:
    ada = await with_password(hub, "ada@example.com")
    async with browser(hub, ada) as opened:
        await set_up(opened, clock, current=PASSWORD)
    await direct.reset_password(hub.hub, hub.project, ada, TESTER, second_factor=True)

    assert not (await reloaded(hub, "ada@example.com")).has_factor

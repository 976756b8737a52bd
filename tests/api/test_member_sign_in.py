"""Sign-in of members by password: throttle, sessions, changes of the password."""

import asyncio
import re
from ipaddress import ip_network
from typing import Any

import pytest
from argon2 import PasswordHasher

from jackfield.members import direct
from jackfield.members.models import Role, TooManySignIns
from jackfield.members.passwords import hashes
from jackfield.members.repo import Memberships
from jackfield.members.sessions import attempts
from jackfield.members.sessions import service as sessions
from jackfield.members.sessions.attempts import MOST_BY_ADDRESS, MOST_BY_EMAIL
from jackfield.projects import service as projects
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock
from tests.support.members import PASSWORD, browser, member, sign_in, with_password
from tests.support.running import HubWith, Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]

OTHER = "violins under green umbrellas"


async def test_a_member_signs_in_by_password_whatever_the_case_of_the_address(hub: Running) -> None:
    await with_password(hub, "ada@example.com")
    async with browser(hub) as opened:
        first = await sign_in(opened, " ADA@Example.com ", next="/dashboard/logs?q=a")
        page = await opened.get("/dashboard/logs")

    cookie = first.headers["set-cookie"]
    assert (first.status_code, first.headers["location"]) == (303, "/dashboard/logs?q=a")
    assert all(word in cookie for word in ("HttpOnly", "SameSite=lax", "Secure", "Path=/dashboard"))
    assert page.status_code == 200
    assert "You are a viewer" in page.text


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.test/dashboard",
        "//evil.test",
        "/\\evil.test",
        "/dashboard\\..\\evil",
        "/dashboard/sign-out",
        "/dashboardevil",
        "javascript:alert(1)",
        "/dashboard\r\nset-cookie: a=b",
        "/dashboard/" + "x" * 3000,
        "",
    ],
)
async def test_the_page_to_go_on_to_is_one_of_the_dashboard(hub: Running, target: str) -> None:
    await with_password(hub, "ada@example.com")
    async with browser(hub) as opened:
        page = await opened.get("/dashboard/sign-in", params={"next": target})
        done = await sign_in(opened, "ada@example.com", next=target)

    assert done.headers["location"] == "/dashboard"
    assert 'name="next" value="/dashboard"' in page.text


async def test_every_failure_has_the_same_answer(hub: Running) -> None:
    await with_password(hub, "ada@example.com")
    await member(hub, "sso@example.com")
    removed = await with_password(hub, "gone@example.com")
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        await Memberships(tx).remove(removed.id)
    async with browser(hub) as opened:
        answers = [
            await sign_in(opened, email, password)
            for email, password in (
                ("ada@example.com", "not the password"),
                ("nobody@example.com", PASSWORD),
                ("sso@example.com", PASSWORD),
                ("sso@example.com", ""),
                ("gone@example.com", PASSWORD),
                ("no address", PASSWORD),
                ("ada@example.com", "x" * 5000),
            )
        ]

    texts = {re.sub(r'value="[^"]*"', "", each.text) for each in answers}
    assert {each.status_code for each in answers} == {401}
    assert len(texts) == 1


async def test_an_unknown_address_costs_as_much_work_as_a_known_one(
    hub: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    await with_password(hub, "ada@example.com")
    seen: list[Any] = []
    real = hashes.PasswordHasher.verify

    def counted(self: Any, known: str, password: str) -> bool:
        seen.append(known)
        return real(self, known, password)

    monkeypatch.setattr(hashes.PasswordHasher, "verify", counted)
    async with browser(hub) as opened:
        for email in ("ada@example.com", "nobody@example.com", "not an address"):
            await sign_in(opened, email, "wrong")

    parameters = {known.rpartition("$")[0].rpartition("$")[0] for known in seen}
    assert (len(seen), len(parameters)) == (3, 1)


async def test_an_address_of_e_mail_has_so_many_attempts_in_a_quarter_of_an_hour(
    hub: Running, clock: FrozenClock
) -> None:
    await with_password(hub, "ada@example.com")
    await with_password(hub, "bea@example.com")
    async with browser(hub) as opened:
        await asyncio.gather(
            *(sign_in(opened, "ada@example.com", "wrong") for _ in range(MOST_BY_EMAIL))
        )
        throttled = await sign_in(opened, "ADA@example.com")
        unknown = [await sign_in(opened, "no@example.com") for _ in range(MOST_BY_EMAIL + 1)]
        other = await sign_in(opened, "bea@example.com")
        clock.advance(minutes=15, seconds=1)
        later = await sign_in(opened, "ada@example.com")

    assert (throttled.status_code, unknown[-1].status_code) == (429, 429)
    assert int(throttled.headers["retry-after"]) > 800
    assert (other.status_code, later.status_code) == (303, 303)


async def test_attempts_of_all_processes_are_counted_before_they_are_looked_at(
    hub: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    await with_password(hub, "ada@example.com")
    looked: list[str] = []
    matches = hashes.matches

    async def look(known: str | None, password: str) -> bool:
        looked.append(password)
        return await matches(known, password)

    monkeypatch.setattr(hashes, "matches", look)
    # Nothing but the database is the same for two applications.
    async with browser(hub) as one, browser(hub) as other:
        answers = await asyncio.gather(
            *(sign_in(each, "ada@example.com", "wrong") for each in (one, other) * MOST_BY_EMAIL)
        )

    assert len(looked) == MOST_BY_EMAIL
    assert sorted(each.status_code for each in answers) == [
        *[401] * MOST_BY_EMAIL,
        *[429] * MOST_BY_EMAIL,
    ]


async def test_a_member_who_signs_in_has_all_attempts_again(hub: Running) -> None:
    await with_password(hub, "ada@example.com")
    async with browser(hub) as opened:
        for _ in range(2):
            for _ in range(MOST_BY_EMAIL - 1):
                await sign_in(opened, "ada@example.com", "wrong")
            assert (await sign_in(opened, "ada@example.com")).status_code == 303


async def test_where_attempts_come_from_is_counted_over_all_addresses_of_e_mail(
    hub: Running,
) -> None:
    for number in range(MOST_BY_ADDRESS):
        # Of one customer's network.
        await attempts.count(hub.hub, f"{number}@example.com", f"2600:1234:0:1::{number:x}")

    with pytest.raises(TooManySignIns):
        await attempts.count(hub.hub, "more@example.com", "2600:1234:0:1::ffff")
    await attempts.count(hub.hub, "more@example.com", "2600:1234:0:2::1")
    await attempts.count(hub.hub, "more@example.com", "8.8.8.8")


async def test_behind_a_trusted_proxy_attempts_are_those_of_its_client(hub_with: HubWith) -> None:
    async with hub_with(trusted_proxies=(ip_network("127.0.0.0/8"),)) as hub:
        await with_password(hub, "ada@example.com")
        for number in range(MOST_BY_ADDRESS):
            await attempts.count(hub.hub, f"{number}@example.com", "9.9.9.9")
        refused = []
        async with browser(hub) as opened:
            # What stands before the address that the proxy saw, the client has made up.
            for made_up in ("", "198.51.100.1, ", "127.0.0.1, ", "none, "):
                opened.headers["x-forwarded-for"] = f"{made_up}9.9.9.9"
                refused.append(await sign_in(opened, "ada@example.com"))
            opened.headers["x-forwarded-for"] = "9.9.9.9, ::ffff:8.8.4.4"
            other = await sign_in(opened, "ada@example.com")

    assert {each.status_code for each in refused} == {429}
    assert other.status_code == 303


async def test_a_change_of_the_password_ends_every_other_session(hub: Running) -> None:
    ada = await with_password(hub, "ada@example.com")
    async with browser(hub, ada) as here, browser(hub, ada) as there:
        old = here.cookies["jackfield_session"]
        wrong = await here.post("/dashboard/me/password", data={"current": "no", "new": OTHER})
        weak = await here.post(
            "/dashboard/me/password", data={"current": PASSWORD, "new": "password2026"}
        )
        done = await here.post("/dashboard/me/password", data={"current": PASSWORD, "new": OTHER})
        pages = [(await each.get("/dashboard")).status_code for each in (here, there)]
    async with browser(hub) as opened:
        opened.cookies.set("jackfield_session", old)
        replayed = await opened.get("/dashboard")
        opened.cookies.clear()
        by_old = await sign_in(opened, "ada@example.com", PASSWORD)
        by_new = await sign_in(opened, "ada@example.com", OTHER)

    assert (wrong.status_code, weak.status_code, done.status_code) == (422, 422, 303)
    assert pages == [200, 401]
    assert replayed.status_code == 401
    assert (by_old.status_code, by_new.status_code) == (401, 303)


async def test_a_member_signs_out_everywhere_and_ends_one_session_alone(hub: Running) -> None:
    theirs = await projects.ensure_project(hub.hub, TESTER, "theirs")
    ada = await member(hub, "ada@example.com")
    await member(hub, "ada@example.com", Role.ADMIN, theirs)
    other = await member(hub, "bea@example.com")
    async with (
        browser(hub, ada) as one,
        browser(hub, ada) as two,
        browser(hub, ada) as three,
        browser(hub, other) as bea,
    ):
        await three.post("/dashboard/projects/switch", data={"id": theirs.id})
        page = (await one.get("/dashboard/me")).text
        mine = sessions.MemberToken(two.cookies["jackfield_session"]).fingerprint
        assert page.count("Test browser") == 3
        await bea.post(f"/dashboard/me/sessions/{mine}/end")
        kept = await two.get("/dashboard")
        await one.post(f"/dashboard/me/sessions/{mine}/end")
        ended = await two.get("/dashboard")
        done = await one.post("/dashboard/sign-out-everywhere")
        left = [(await each.get("/dashboard")).status_code for each in (one, three, bea)]

    assert (kept.status_code, ended.status_code, done.status_code) == (200, 401, 303)
    assert left == [401, 401, 200]


async def test_an_operator_ends_the_sessions_of_members_as_well(hub: Running) -> None:
    ada = await member(hub, "ada@example.com")
    unused = await sessions.make_link(hub.hub, hub.project.id, ada, TESTER)
    link = await projects.sign_in_url(hub.hub, hub.project, TESTER)
    async with browser(hub, ada) as of_ada, browser(hub) as opened:
        await opened.post("/dashboard/sign-in", data={"token": link.partition("token=")[2]})
        await opened.post("/dashboard/sign-out-everywhere")
        late = await opened.get(unused.removeprefix("https://hub.test"))
        page = await of_ada.get("/dashboard")

    assert (page.status_code, late.status_code) == (401, 410)


async def test_a_session_lasts_twelve_hours_and_ends_by_signing_out(
    hub: Running, clock: FrozenClock
) -> None:
    ada = await member(hub, "ada@example.com")
    async with browser(hub, ada) as one, browser(hub, ada) as two:
        await one.post("/dashboard/sign-out")
        signed_out = await one.get("/dashboard")
        clock.advance(hours=11, minutes=59)
        early = await two.get("/dashboard")
        clock.advance(minutes=2)
        late = await two.get("/dashboard")

    assert (signed_out.status_code, early.status_code, late.status_code) == (401, 200, 401)


async def test_a_link_from_the_hubs_machine_signs_a_member_in_once(
    hub: Running, clock: FrozenClock
) -> None:
    ada = await with_password(hub, "ada@example.com", Role.ADMIN)
    link = await direct.reset_password(hub.hub, hub.project, ada, TESTER, second_factor=False)
    path, token = link.removeprefix("https://hub.test"), link.partition("token=")[2]
    late = await sessions.make_link(hub.hub, hub.project.id, ada, TESTER)
    async with browser(hub) as opened:
        before = await sign_in(opened, "ada@example.com")
        previewed = await opened.get(path)
        pressed = await opened.post("/dashboard/sign-in", data={"token": token})
        again = await opened.post("/dashboard/sign-in", data={"token": token})
        changed = await opened.post("/dashboard/me/password", data={"new": OTHER})
        clock.advance(minutes=16)
        expired = await opened.get(late.removeprefix("https://hub.test"))
        opened.cookies.clear()
        after = await sign_in(opened, "ada@example.com", OTHER)

    assert (before.status_code, previewed.status_code) == (401, 200)
    assert (pressed.status_code, again.status_code, expired.status_code) == (303, 410, 410)
    assert (changed.status_code, after.status_code) == (303, 303)


async def test_an_older_hash_is_replaced_at_the_next_sign_in(hub: Running) -> None:
    weaker = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    await member(hub, "ada@example.com")
    await hub.hub.db.unscoped("update members set password = :hash", hash=weaker)
    async with browser(hub) as opened:
        first = await sign_in(opened, "ada@example.com")
        second = await sign_in(opened, "ada@example.com")

    rows = await hub.hub.db.unscoped("select password from members")
    assert (first.status_code, second.status_code) == (303, 303)
    assert rows[0]["password"] != weaker
    assert rows[0]["password"].startswith("$argon2id$")


async def test_no_token_or_password_of_a_member_is_kept_in_clear(hub: Running) -> None:
    ada = await with_password(hub, "ada@example.com", Role.OWNER)
    async with browser(hub, ada) as opened:
        cookie = opened.cookies["jackfield_session"]
        page = await opened.post(
            "/dashboard/members", data={"email": "b@c.example", "role": "viewer"}
        )
    invite = re.search(r"jf_iv_[\w-]+", page.text)
    link = await sessions.make_link(hub.hub, hub.project.id, ada, TESTER)
    assert invite is not None
    kept = ""
    for table in ("members", "member_sessions", "member_links", "member_invites"):
        kept += str(await hub.hub.db.unscoped(f"select * from {table}"))

    assert "ada@example.com" in kept
    for secret in (cookie, invite[0], link.partition("token=")[2], PASSWORD):
        assert secret not in kept

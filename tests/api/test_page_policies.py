"""The policy of every page there is, whoever asks and whatever is wrong."""

import re
from collections.abc import Iterator

import httpx2
import pytest
from starlette.routing import Route

from jackfield.members.models import Role
from jackfield.ui.pages import Pages
from tests.support.members import browser, with_password
from tests.support.portal import make_portal, open_portal
from tests.support.running import Running

pytestmark = pytest.mark.anyio

STRICT = {
    "default-src": {"'none'"},
    "script-src": {"'self'"},
    "style-src": {"'self'"},
    "connect-src": {"'self'"},
    "img-src": {"'self'", "data:"},
    "form-action": {"'self'"},
    "base-uri": {"'none'"},
    "frame-ancestors": {"'none'"},
}
# Pages that are served the same to all: they have no token in their address, and may be kept.
PUBLIC = re.compile(r"/docs\b|/llms")


def addresses(hub: Running, known: dict[str, str]) -> Iterator[str]:
    """Yield an address of each page: of what there is, and of what there is not."""
    for route in Pages(hub.hub, api_description=dict).routes:
        assert isinstance(route, Route), route
        if "GET" not in (route.methods or ()) or route.path.startswith("/static/"):
            continue
        for values in (known, {}):
            path = re.sub(r"{(\w+)(:\w+)?}", lambda name, v=values: v.get(name[1], "x"), route.path)
            yield path


def faults(page: httpx2.Response) -> list[str]:
    """Return what the headers and the text of a page leave open."""
    policy = {
        name: set(sources)
        for name, *sources in (
            each.split() for each in page.headers["content-security-policy"].split(";")
        )
    }
    wrong = [
        f"{name} {policy.get(name)}" for name, only in STRICT.items() if policy.get(name) != only
    ]
    wrong += [
        f"no {name}" for name in ("nosniff",) if page.headers["x-content-type-options"] != name
    ]
    if page.headers["x-frame-options"] != "DENY":
        wrong.append("may be framed")
    if page.headers["referrer-policy"] not in {"no-referrer", "same-origin"}:
        wrong.append(page.headers["referrer-policy"])
    if not PUBLIC.match(page.url.path) and "no-store" not in page.headers["cache-control"]:
        wrong.append("may be kept")
    text = re.sub(r"<(pre|code|textarea)\b.*?</\1>", "", page.text, flags=re.DOTALL)
    wrong += re.findall(r"<[a-z][^<>]*\son[a-z]+=|<[^<>]*\sstyle=|javascript:", text)
    wrong += [each for each in re.findall("<script[^>]*>", text) if " src=" not in each]
    return wrong


@pytest.mark.slow
async def test_every_page_has_the_policy_that_no_script_passes(hub: Running) -> None:
    session, account = await hub.session(), await hub.link()
    portal = await make_portal(hub)
    opened = await open_portal(hub)
    ada = await with_password(hub, "ada@example.com", Role.OWNER)
    known = {
        "account_id": account,
        "session_id": opened.session["id"],
        "key": "iterable",
        "connector_key": "iterable",
        "page": "iterable",
        "path": "hub",
    }
    wrong: dict[str, list[str]] = {}
    seen: set[str] = set()
    async with browser(hub) as stranger, browser(hub, ada) as owner:
        signed_in = await owner.get("/dashboard/members")
        for who in (stranger, owner):
            for address in dict.fromkeys(
                [
                    session["auth_link_url"],
                    f"/embedded/integrations?token={session['token']}&connector=x",
                    portal["url"],
                    "/embedded/integrations?token=none",
                    "/dashboard/sign-in?token=none",
                    "/dashboard/invite?token=none",
                    "/nothing/here",
                    *addresses(hub, known),
                ]
            ):
                page = await who.get(address)
                if page.headers.get("content-type", "").startswith("text/html"):
                    seen.add(page.url.path)
                    if found := faults(page):
                        wrong[f"{page.status_code} {address}"] = found

    assert "ada@example.com" in signed_in.text
    assert wrong == {}
    assert len(seen) > 60


async def test_every_cookie_that_a_browser_gets_is_out_of_reach(hub: Running) -> None:
    await with_password(hub, "ada@example.com", Role.OWNER)
    made = await make_portal(hub)
    async with browser(hub) as opened:
        answers = [
            await opened.post("/portal/open", data={"token": made["token"]}),
            await opened.post(
                "/dashboard/sign-in/password",
                data={"email": "ada@example.com", "password": "wolves paint the quiet harbor"},
            ),
        ]
    cookies = [each for answer in answers for each in answer.headers.get_list("set-cookie")]

    assert len(cookies) == 2
    for cookie in cookies:
        parts = {each.strip().lower() for each in cookie.split(";")[1:]}
        assert {"httponly", "secure"} <= parts, cookie
        assert {"samesite=lax", "samesite=strict"} & parts, cookie
        assert not any(each.startswith("domain") for each in parts), cookie

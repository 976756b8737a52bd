"""Attacks by way of pages: frames, markup, portals and what another site sends."""

import re
from typing import Any
from urllib.parse import urlencode

import httpx2

from tests.attacks.attack import attack, hold
from tests.attacks.target import (
    EVIL,
    HONEST,
    KEYED,
    PRODUCT,
    Target,
    TargetUnfit,
    customer,
    hub_of,
)

_MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>"
# Origins that look like the one that is allowed, and are not.
_ALMOST = (
    EVIL,
    "null",
    "http://app.ashford.example",
    "https://app.ashford.example:8443",
    "https://app.ashford.example.evil.example",
    "https://evil-app.ashford.example",
    "https://ashford.example",
    "https://app.ashford.example@evil.example",
)


@attack("show the Hub's own pages in a frame of another site (clickjacking)")
async def framed_pages(target: Target) -> None:
    session = await target.session(customer("acme"), provider=KEYED)
    portal = await _portal(target, customer("acme"))
    person = target.person()
    for path in (
        session["auth_link_url"],
        f"/connect/oauth2/{HONEST}/callback?code=x&state=x",
        "/connect/sign-ins?key=x",
        portal["url"],
        "/dashboard",
    ):
        page = await person.get(path)
        policy = page.headers.get("content-security-policy", "")
        if page.headers.get("location"):
            continue
        hold("frame-ancestors 'none'" in policy, f"any site can frame {path.partition('?')[0]}")


@attack("show the Hub in a frame of a site that the project does not allow")
async def foreign_frames(target: Target) -> None:
    session = await target.session(customer("acme"), provider=KEYED)
    own = await target.client.post("/hub/frames", headers={**hub_of(session), "origin": PRODUCT})
    if own.status_code != 201:
        msg = f"the product that is allowed gets no frame: {own.text[:200]}"
        raise TargetUnfit(msg)
    page = await target.person().get(own.json()["url"])
    policy = page.headers.get("content-security-policy", "").partition("frame-ancestors")[2]

    for origin in _ALMOST:
        answer = await target.client.post(
            "/hub/frames", headers={**hub_of(session), "origin": origin}
        )
        hold(answer.status_code == 403, f"{origin} gets a frame")
        hold(origin not in policy.split(), f"{origin} may frame the Hub")
        asked = await target.client.get(
            "/hub/settings", headers={**hub_of(session), "origin": origin}
        )
        hold(asked.status_code == 403, f"a page of {origin} may use a token")
    hold(PRODUCT in policy and "*" not in policy, "the frame's page may be framed by any site")
    hold(session["token"] not in page.text, "the frame's page has the session's token in it")


@attack("use one session's frame for the token of another")
async def frame_of_another_session(target: Target) -> None:
    mine, theirs = [await target.session(customer(each), provider=KEYED) for each in ("a", "b")]
    frame = await target.ask("POST", "/hub/frames", headers={**hub_of(mine), "origin": PRODUCT})
    headers = {**hub_of(theirs), "x-hub-frame": frame["id"]}

    page = await target.client.get("/embedded/integrations", headers=headers)

    hold("<form" not in page.text, "a frame shows the form of another session")


@attack("have markup of the attacker's run in the Hub's pages")
async def markup_in_pages(target: Target) -> None:
    session = await target.session(f"{customer('a')}{_MARKUP}", provider=HONEST)
    person = target.person()
    form = await person.get(session["auth_link_url"])
    away = await person.leave(session["auth_link_url"])
    denied = target.honest.deny(away).partition("?")[0]
    state = re.findall("state=([^&]+)", away)[0]
    query = urlencode({"error": "server_error", "error_description": _MARKUP, "state": state})
    ended = await person.come_back(f"{denied}?{query}")
    lost = await person.get(f"/connect/oauth2/{HONEST}/callback?{query[:-5]}")

    for page in (form, ended, lost):
        policy = page.headers.get("content-security-policy", "")
        scripts = next((each for each in policy.split(";") if "script-src" in each), policy)
        text = page.text.lower()
        hold("<script>alert" not in text, "a page has the attacker's markup in it")
        hold("<img src=x" not in text, "a page has the attacker's markup in it")
        hold(policy and "'unsafe-inline'" not in scripts, "a page runs inline scripts")
        hold("*" not in scripts and "http" not in scripts, "a page runs scripts of other sites")


@attack("open a customer's page with a link that was used")
async def repeated_portal_link(target: Target) -> None:
    portal = await _portal(target, customer("acme"))
    first = await _press(target, target.person().client, portal["token"])
    second = await _press(target, target.person().client, portal["token"])

    if first.status_code != 303:
        msg = f"a customer's page does not open: {first.status_code}"
        raise TargetUnfit(msg)
    hold(second.status_code == 410, "a link opens a customer's page a second time")
    hold("set-cookie" not in second.headers, "a link that is used gives a key out")


@attack("open the attacker's customer page in a victim's browser, from another site")
async def forged_portal_opening(target: Target) -> None:
    portal = await _portal(target, customer("attacker"))
    person = target.person()
    for headers in ({"origin": EVIL}, {"origin": "null"}, {}, {"sec-fetch-site": "cross-site"}):
        sent = await person.post("/portal/open", data={"token": portal["token"]}, headers=headers)
        hold("set-cookie" not in sent.headers, "another site opens a customer's page in a browser")
    for address in (portal["url"],):
        page = await person.get(address)
        hold("set-cookie" not in page.headers, "a link that is only looked at opens a page")


@attack("read or change accounts of another customer on one's own page")
async def portal_of_another_customer(target: Target) -> None:
    mine, theirs = customer("acme"), customer("globex")
    own, other = await target.link(mine), await target.link(theirs)
    portal, person = await _portal(target, mine), target.person()
    opened = await _press(target, person.client, portal["token"])
    place = opened.headers.get("location", "")
    listed = await person.get(place)
    if own not in listed.text:
        msg = "a customer's page does not list the customer's account"
        raise TargetUnfit(msg)

    hold(other not in listed.text, "a customer's page lists the account of another")
    for verb in ("", "/pause", "/reconnect", "/remove"):
        path = f"/portal/{portal['id']}/accounts/{other}{verb}"
        send = person.post if verb else person.get
        answer = await send(path, headers={"origin": target.url})
        hold(answer.status_code == 404, f"a customer's page answers for another's account: {verb}")
    elsewhere = await target.person().get(place)
    hold(elsewhere.status_code == 404, "the address of a customer's page opens in another browser")
    forged = await person.post(
        f"/portal/{portal['id']}/accounts/{own}/pause", headers={"origin": EVIL}
    )
    hold(forged.status_code == 403, "another site's form changes an account")
    left = await target.ask("GET", f"/accounts/{own}")
    hold(left["status"] == "active", "another site's form changed an account")


async def _portal(target: Target, owner: str) -> dict[str, Any]:
    body = {"origin_owner_id": owner, "origin_owner_name": owner}
    return await target.ask("POST", "/jackfield/portal_sessions", json=body)


async def _press(target: Target, browser: httpx2.AsyncClient, token: str) -> httpx2.Response:
    headers = {"origin": target.url}
    return await browser.post("/portal/open", data={"token": token}, headers=headers)

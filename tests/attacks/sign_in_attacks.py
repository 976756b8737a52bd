"""Attacks on the way to a provider's sign-in page and back."""

import re
from urllib.parse import quote, urlencode, urlsplit

from tests.attacks.attack import attack, hold
from tests.attacks.people import query_of
from tests.attacks.target import HONEST, HOSTILE, Target, TargetUnfit, customer, hub_of


async def begun(target: Target, owner: str) -> tuple[dict[str, object], str]:
    """Open a session of a customer; return it with the address of its link."""
    session = await target.session(owner, provider=HONEST)
    return session, session["auth_link_url"]


@attack("finish a sign-in, begun in the attacker's browser, in the browser of a victim")
async def state_of_another_browser(target: Target) -> None:
    owner = customer("attacker")
    away = await target.person().leave((await begun(target, owner))[1])
    before = len(target.exchanges())

    await target.person().come_back(target.honest.approve(away, person="max"))

    hold(not await target.accounts(owner), "the victim's account is linked for the attacker")
    hold(len(target.exchanges()) == before, "the code is redeemed though its browser is another")


@attack("have a victim's browser link the attacker's account (CSRF on the callback)")
async def forged_callback(target: Target) -> None:
    theirs, mine = customer("attacker"), customer("victim")
    attacker, victim = target.person(), target.person()
    back = target.honest.approve(await attacker.leave((await begun(target, theirs))[1]), "max")
    away = await victim.leave((await begun(target, mine))[1])
    before = len(target.exchanges())

    await victim.come_back(back)
    code = query_of(back)["code"]
    for state in ("", "x", query_of(away)["state"][:-1]):
        query = urlencode({"code": code, **({"state": state} if state else {})})
        await victim.come_back(f"{urlsplit(back)._replace(query=query).geturl()}")
        await victim.post(urlsplit(back).path, content=query, headers=_form())

    hold(not await target.accounts(mine), "the attacker's account is linked for the victim")
    hold(len(target.exchanges()) == before, "a code is redeemed for a state that is not its own")


@attack("link a victim's account with a code that the attacker has seen")
async def injected_code(target: Target) -> None:
    theirs, mine = customer("attacker"), customer("victim")
    attacker, victim = target.person(), target.person()
    away = await victim.leave((await begun(target, mine))[1])
    seen = query_of(target.honest.approve(away, person="max"))
    own = query_of(await attacker.leave((await begun(target, theirs))[1]))
    answer = {**seen, "state": own["state"]}

    await attacker.come_back(f"{_callback(HONEST)}?{urlencode(answer)}")

    hold(not await target.accounts(theirs), "the victim's account is linked for the attacker")


@attack("use a state twice")
async def repeated_state(target: Target) -> None:
    owner = customer("acme")
    person = target.person()
    away = await person.leave((await begun(target, owner))[1])
    await person.come_back(target.honest.deny(away))
    before = len(target.exchanges())

    await person.come_back(target.honest.approve(away, person="ada"))

    hold(len(target.exchanges()) == before, "a code is redeemed for a state that has been used")
    hold(not await target.accounts(owner), "an account is linked by a state that has been used")


@attack("redeem a code twice")
async def repeated_code(target: Target) -> None:
    owner = customer("acme")
    person, before = target.person(), len(target.exchanges())
    back = target.honest.approve(await person.leave((await begun(target, owner))[1]))
    await person.come_back(back)

    await person.come_back(back)
    await target.person().come_back(back)

    hold(len(target.exchanges()) <= before + 1, "a code is sent to the provider a second time")
    if not await target.accounts(owner):
        msg = "signing in links no account"
        raise TargetUnfit(msg)


@attack("use the address that leads to the provider a second time, in another browser")
async def repeated_start(target: Target) -> None:
    owner = customer("acme")
    person = target.person()
    start = await person.fill_in((await begun(target, owner))[1])
    if not await person.start(start):
        msg = "the form leads to no provider"
        raise TargetUnfit(msg)

    again = await target.person().start(start)

    hold(not again, "the address leads another browser to the provider")


@attack("have the hub sign in without PKCE, or with a challenge that can be read")
async def weakened_pkce(target: Target) -> None:
    seen: list[str] = []
    for _ in range(2):
        session = await target.session(customer("acme"), provider=HONEST)
        profile = await target.offered(session["token"])
        person = target.person()
        query = {"code_challenge": "x" * 43, "code_challenge_method": "plain"}
        away, _ = await person.leave_in_window(session["token"], profile, **query)
        away = away or await person.leave(session["auth_link_url"])
        asked = query_of(away)
        hold(asked.get("code_challenge_method") == "S256", "the hub asks for no S256 challenge")
        hold(
            asked.get("code_challenge") not in (None, "", "x" * 43), "the challenge is not its own"
        )
        await person.come_back(target.honest.approve(away))
        verifiers = [each for each in target.exchanges()[-1].split("&") if "code_verifier=" in each]
        hold(verifiers, "the code is redeemed without a verifier")
        hold(verifiers[0].partition("=")[2] not in away, "the verifier stands in the address")
        seen.append(asked["code_challenge"])
    hold(len(set(seen)) == len(seen), "two sign-ins have the same challenge")


@attack("choose what the provider is asked for: scopes, client, state and redirect URI")
async def chosen_parameters(target: Target) -> None:
    wanted = {
        "scope": "notes.read notes.write people.read admin",
        "state": "chosen-by-the-attacker",
        "redirect_uri": "https://evil.example/callback",
        "client_id": "evil",
        "response_type": "token",
        "response_mode": "fragment",
    }
    owner = customer("acme")
    session = await target.session(owner, provider=HONEST)
    plain = query_of(await target.person().leave(session["auth_link_url"]))
    profile = await target.offered(session["token"])
    window, _ = await target.person().leave_in_window(session["token"], profile, **wanted)
    typed = await target.person().leave(session["auth_link_url"], **wanted)
    start = await target.person().fill_in(session["auth_link_url"])
    added = await target.person().start(f"{start}&{urlencode(wanted)}")

    for away in filter(None, (window, typed, added)):
        asked = query_of(away)
        for name, value in wanted.items():
            hold(asked.get(name) != value or plain.get(name) == value, f"the browser chose {name}")
        hold(asked["scope"] == plain["scope"], "the browser chose the scopes")


@attack("send the code of one provider to another (mix-up)")
async def mixed_up_providers(target: Target) -> None:
    owner = customer("acme")
    person = target.person()
    session = await target.session(owner, provider=HOSTILE)
    asked = query_of(await person.leave(session["auth_link_url"]))
    # The hostile provider sends the browser on, to sign in at the honest one with its own state.
    # As of a server that does not say which one it is.
    back = re.sub("&iss=[^&]*", "", _approved_for(target, asked, HONEST))

    await person.come_back(back)

    _hold_code_back(target, back)
    hold(not await target.accounts(owner), "an account is linked by the answer of another provider")


@attack("send the code of one provider to another that shares its redirect URI (RFC 9207)")
async def mixed_up_issuers(target: Target) -> None:
    owner = customer("acme")
    person = target.person()
    session = await target.session(owner, provider=HOSTILE)
    asked = query_of(await person.leave(session["auth_link_url"]))
    back = _approved_for(target, asked, HOSTILE)

    await person.come_back(back)

    _hold_code_back(target, back)
    hold(not await target.accounts(owner), "an account is linked by the answer of another provider")


@attack("have links and redirect URIs lead to the attacker's host by headers")
async def headers_of_another_host(target: Target) -> None:
    evil = {"host": "evil.example", "x-forwarded-host": "evil.example", "x-forwarded-proto": "http"}
    evil |= {"forwarded": "host=evil.example;proto=http", "x-original-host": "evil.example"}
    body = {"origin_owner_id": customer("acme"), "origin_owner_name": "Acme", "provider": HONEST}
    made = await target.api.post("/connect_sessions", json=body, headers=evil)
    session = made.json() if made.status_code == 201 else await target.session("acme")
    hold("evil" not in session["auth_link_url"], "a link leads to the host that a header names")
    person = target.person()
    page = await person.get(session["auth_link_url"], headers=evil)
    hold("evil.example" not in page.text, "the page of a link names the host of a header")
    start = await person.fill_in(session["auth_link_url"])
    sent = await person.get(start, headers=evil)
    hold(
        "evil" not in sent.headers.get("location", ""), "the provider is told another redirect URI"
    )


@attack("lead a browser from the hub to the attacker's page (open redirect)")
async def open_redirects(target: Target) -> None:
    session = await target.session(customer("acme"), provider=HONEST)
    token, profile = session["token"], await target.offered(session["token"])
    person = target.person()
    for place in (
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "https:evil.example",
    ):
        to = quote(place, safe="")
        names = ("redirect_uri", "next", "return_to", "return_url", "url", "continue")
        query = "&".join(f"{name}={to}" for name in names)
        for path in (
            f"/embedded/integrations?token={token}&{query}",
            f"/embedded/accounts/callback?{query}",
            f"/connect/oauth2/{profile}?token={token}&{query}",
            f"/connect/oauth2/{profile}?token=no&{query}",
            f"/connect/oauth2/{HONEST}/callback?code=x&state=x&{query}",
            f"/connect/sign-ins?key=x&{query}",
            f"/portal/open?token=x&{query}",
            f"/dashboard?{query}",
            f"/dashboard/sign-in?{query}",
            f"//evil.example/%2e%2e?{query}",
        ):
            leads = (await person.client.get(path)).headers.get("location", "")
            for _ in range(3):
                hold(not _is_foreign(leads), f"{path} leads to {leads}")
                if leads and not urlsplit(leads).netloc:
                    leads = (await person.get(leads)).headers.get("location", "")


@attack("read a session's token or key at the provider, in the address or the referrer")
async def leaking_addresses(target: Target) -> None:
    session = await target.session(customer("acme"), provider=HONEST)
    person = target.person()
    start = await person.fill_in(session["auth_link_url"])
    sent = await person.get(start)
    page = await target.person().get(session["auth_link_url"])
    ended = await person.come_back(target.honest.approve(sent.headers["location"]))

    secret = (str(session["token"]), query_of(start).get("key") or str(session["token"]))
    hold(not any(each in sent.headers["location"] for each in secret), "the provider sees a token")
    for each in (sent, page, ended):
        hold(each.headers.get("referrer-policy") == "no-referrer", "a browser says where it was")
        hold("no-store" in each.headers.get("cache-control", ""), "a page with a token may be kept")
    hold("code=" not in str(ended.url), "the code stays in the address of the last page")


@attack("follow or end the sign-in of another session")
async def attempt_of_another_session(target: Target) -> None:
    mine, theirs = [await target.session(customer(each), provider=HONEST) for each in ("a", "b")]
    made = await target.ask("POST", "/hub/connection_attempts", headers=hub_of(mine))
    path, person = f"/hub/connection_attempts/{made['id']}", target.person()
    profile = await target.offered(theirs["token"])

    seen = await person.get(path, headers=hub_of(theirs))
    ended = await person.client.delete(path, headers=hub_of(theirs))
    begun_by_another, _ = await person.leave_in_window(
        theirs["token"], profile, connection_attempt_id=made["id"]
    )
    after = await target.ask("GET", path, headers=hub_of(mine))

    hold(seen.status_code == 404, "an attempt can be followed by another session")
    hold(ended.status_code == 404, "an attempt can be ended by another session")
    hold(not begun_by_another, "an attempt can be begun by another session")
    hold(after["status"] == "pending", "an attempt was ended by another session")


def _approved_for(target: Target, asked: dict[str, str], callback: str) -> str:
    """Return where the honest provider sends a browser that the hostile one sent to it."""
    forged = {
        **asked,
        "client_id": target.clients[HONEST].id,
        "redirect_uri": f"{target.url}{_callback(callback)}",
    }
    return target.honest.approve(f"{target.honest.url}/authorize?{urlencode(forged)}", person="max")


def _is_foreign(place: str) -> bool:
    """Return whether a browser would take a place for one of the attacker's."""
    plain = place.replace("\\", "/")
    return plain.startswith("//") or "evil.example" in str(urlsplit(plain).netloc)


def _hold_code_back(target: Target, back: str) -> None:
    code = query_of(back)["code"]
    seen = [each for each in target.exchanges(HOSTILE) if code in each]
    hold(not seen, "the hostile provider gets a code of the honest one")


def _callback(provider: str) -> str:
    return f"/connect/oauth2/{provider}/callback"


def _form() -> dict[str, str]:
    return {"content-type": "application/x-www-form-urlencoded", "origin": "https://evil.example"}

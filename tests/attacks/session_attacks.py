"""Attacks with connect sessions: what their tokens open, and for whom."""

from urllib.parse import urlencode

import httpx2

from tests.attacks.attack import attack, hold
from tests.attacks.events import listening
from tests.attacks.target import HONEST, KEYED, Target, customer, hub_of


async def submit(target: Target, token: str, person: str, **body: object) -> httpx2.Response:
    """Link an account by its key, whatever comes of it."""
    headers = {"x-hub-session-token": token}
    offered = await target.client.get("/hub/connectors", headers=headers)
    found = offered.json().get("integrations", []) if offered.status_code == 200 else []
    integration = found[0]["integration_id"] if found else "none"
    given = {"integration_id": integration, "credentials": {"token": target.token_of(person)}}
    return await target.client.post("/hub/accounts", headers=headers, json={**given, **body})


async def relink(
    target: Target, token: str, account_id: str, person: str, **body: object
) -> httpx2.Response:
    """Change an account's key, whatever comes of it."""
    given = {"credentials": {"token": target.token_of(person)}, **body}
    headers = {"x-hub-session-token": token}
    return await target.client.patch(f"/hub/accounts/{account_id}", headers=headers, json=given)


@attack("link a second account with a session's token and link")
async def repeated_session(target: Target) -> None:
    owner = customer("acme")
    session = await target.session(owner, provider=KEYED, multiple=True)
    first = await submit(target, session["token"], "ada")
    second = await submit(target, session["token"], "max")
    page = await target.person().get(session["auth_link_url"])

    hold(first.status_code == 201, "a session does not link its account")
    hold(second.status_code == 401, "a session that is used links another account")
    hold(len(await target.accounts(owner)) == 1, "one session linked two accounts")
    hold("<form" not in page.text, "a link that is used still opens its form")


@attack("read or change the account of another customer of the same product")
async def account_of_another_customer(target: Target) -> None:
    account = await target.link(customer("acme"))
    session = await target.session(customer("globex"), provider=KEYED)
    path = f"/hub/accounts/{account}"

    seen = await target.client.get(path, headers=hub_of(session))
    changed = await relink(target, session["token"], account, "max", confirm_identity_change=True)
    opened = await target.person().get(f"{session['auth_link_url']}&account={account}")

    hold(seen.status_code == 404, "a session shows the account of another customer")
    hold(changed.status_code == 404, "a session changes the account of another customer")
    hold(account not in opened.text or opened.status_code >= 400, "a link opens another's account")


@attack("have a session link for another customer than the one it was opened for")
async def chosen_customer(target: Target) -> None:
    mine, theirs = customer("attacker"), customer("victim")
    session = await target.session(mine, provider=KEYED)
    chosen = {"origin_owner_id": theirs, "origin_owner_name": theirs}

    await submit(target, session["token"], "ada", **chosen, owner=theirs, account_id=theirs)
    again = await target.session(mine, provider=KEYED)
    query, key = f"&{urlencode(chosen)}", target.token_of("ada")
    link = f"{again['auth_link_url']}{query}"
    await target.person().fill_in(link, query, token=key)

    hold(not await target.accounts(theirs), "the caller chose whose account it is")


@attack("run what an account was not linked for")
async def widened_actions(target: Target) -> None:
    owner = customer("acme")
    account = await target.link(owner, actions=[f"{KEYED}_me"])
    other = await target.session(owner, provider=KEYED)
    again = await relink(
        target, other["token"], account, "ada", actions=[], allowed_actions=[f"{KEYED}_notes"]
    )
    ran = await target.api.post(
        "/actions/rpc", headers={"x-account-id": account}, json={"action": f"{KEYED}_notes"}
    )
    allowed = await target.ask(
        "POST", "/actions/rpc", headers={"x-account-id": account}, json={"action": f"{KEYED}_me"}
    )

    hold(allowed, "what an account was linked for does not run")
    hold(ran.status_code in (403, 404), "an account runs an action that it was not linked for")
    hold(again.status_code < 500, "linking again fails")


@attack("sign in for more scopes than the session's actions need")
async def widened_scopes(target: Target) -> None:
    # The provider grants whatever it likes; the account is held to its session's actions.
    account = await target.sign_in(customer("acme"), actions=[f"{HONEST}_me"])
    ran = await target.api.post(
        "/actions/rpc", headers={"x-account-id": account}, json={"action": f"{HONEST}_notes"}
    )

    hold(ran.status_code in (403, 404), "an account runs what its session did not name")


@attack("use a connect session's token where an API key is asked for")
async def token_as_key(target: Target) -> None:
    account = await target.link(customer("acme"))
    token = (await target.session(customer("acme"), provider=KEYED))["token"]
    for headers in ({"authorization": f"Bearer {token}"}, {"x-api-key": token}, {}):
        auth = None if headers else (token, "")
        for method, path in (
            ("GET", "/accounts"),
            ("GET", f"/accounts/{account}"),
            ("DELETE", f"/accounts/{account}"),
            ("GET", "/jackfield/pending_links"),
            ("POST", "/connect_sessions"),
            ("POST", "/actions/rpc"),
            ("PATCH", "/jackfield/project"),
        ):
            answer = await target.client.request(method, path, headers=headers, auth=auth, json={})
            hold(answer.status_code == 401, f"{method} {path} takes a session's token as a key")


@attack("link a victim's account by forwarding a link, where the project confirms links")
async def forwarded_link(target: Target) -> None:
    owner = customer("attacker")
    async with target.confirming():
        session = await target.session(owner, provider=KEYED)
        sent = await submit(target, session["token"], "max")
        linked = sent.json().get("id", "none")
        signed = await target.session(customer("other"), provider=HONEST)
        victim = target.person()
        away = await victim.leave(signed["auth_link_url"])
        await victim.come_back(target.honest.approve(away, person="max"))
        path = f"/jackfield/pending_links/{linked}/confirm"
        bearer = {"authorization": f"Bearer {session['token']}"}
        confirmed = [
            await target.client.post(path, headers=hub_of(session)),
            await target.client.post(path, auth=(session["token"], "")),
            await target.client.post(path, headers=bearer),
        ]
        hold(not await target.accounts(owner), "a forwarded link linked an account")
        by_sign_in = await target.accounts(signed["origin_owner_id"])
        hold(not by_sign_in, "a forwarded link linked an account by a sign-in")
        hold({each.status_code for each in confirmed} == {401}, "its holder confirmed a link")
        waiting = await target.ask("GET", "/jackfield/pending_links")
        for each in waiting["data"]:
            await target.ask("POST", f"/jackfield/pending_links/{each['id']}/refuse")


@attack("put another account of the provider in an account's place, unnoticed, by its key")
async def swapped_by_key(target: Target) -> None:
    owner = customer("acme")
    account = await target.link(owner, person="ada")
    session = await target.session(owner, account_id=account)

    unnoticed = await relink(target, session["token"], account, "max")
    hold(unnoticed.status_code == 409, "another account takes the place of the one there was")
    linked = await submit(target, session["token"], "max")
    hold(linked.status_code >= 400, "linking puts another account in its place")


@attack("put another account of the provider in an account's place, unnoticed, by signing in")
async def swapped_by_sign_in(target: Target) -> None:
    owner = customer("acme")
    account = await target.sign_in(owner, person="ada")
    session = await target.session(owner, provider=HONEST, account_id=account)
    person = target.person()
    away = await person.leave(session["auth_link_url"])
    back = target.honest.approve(away, person="max")

    await person.come_back(f"{back}&_confirm_identity=1&confirm_identity_change=true")

    after = await target.ask("GET", f"/jackfield/connect_sessions/{session['id']}")
    hold(not after.get("linked_account_id"), "signing in as another takes an account's place")
    who = await target.ask(
        "POST", "/actions/rpc", headers={"x-account-id": account}, json={"action": f"{HONEST}_me"}
    )
    hold("ada" in str(who["data"]), "the account is another person's at the provider")


@attack("swap an account, confirmed by the attacker, without the project being told")
async def swap_that_is_not_told(target: Target) -> None:
    owner = customer("acme")
    account = await target.link(owner, person="ada")
    session = await target.session(owner, account_id=account)
    async with listening(target, "account.updated") as listener:
        swapped = await relink(
            target, session["token"], account, "max", confirm_identity_change=True
        )
        hold(swapped.status_code == 200, "an account cannot be swapped on purpose")
        told = await listener.next()
    hold(told.get("identity_changed"), "the project is not told of a swapped account")


@attack("change an account where the project confirms links, before it has")
async def edit_before_confirmation(target: Target) -> None:
    owner = customer("acme")
    account = await target.link(owner, person="ada")
    async with target.confirming():
        session = await target.session(owner, account_id=account)
        held = await relink(target, session["token"], account, "max", confirm_identity_change=True)
        who = await target.ask(
            "POST",
            "/actions/rpc",
            headers={"x-account-id": account},
            json={"action": f"{KEYED}_me"},
        )
        hold("ada" in str(who["data"]), "an account changes before its project confirmed that")
        hold(held.json().get("status") == "pending", "a change does not wait to be confirmed")
        waiting = await target.ask("GET", f"/jackfield/pending_links/{held.json()['id']}")
        hold(waiting["identity_changed"], "a project confirms a swap that it is not told of")
        await target.ask("POST", f"/jackfield/pending_links/{waiting['id']}/refuse")

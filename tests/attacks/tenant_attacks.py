"""Attacks from another project of the same hub."""

import httpx2

from tests.attacks.attack import attack, hold
from tests.attacks.session_attacks import relink, submit
from tests.attacks.target import HONEST, KEYED, Target, customer, hub_of

# As long and as random as an id that there is.
_NONE = "01J00000000000000000000000"


@attack("read or change what is another project's, with an API key")
async def key_of_another_project(target: Target) -> None:
    owner = customer("acme")
    account = await target.link(owner)
    session = await target.session(owner, provider=KEYED)
    portal = await target.ask(
        "POST",
        "/jackfield/portal_sessions",
        json={"origin_owner_id": owner, "origin_owner_name": owner},
    )
    async with target.confirming():
        waiting = (
            await submit(target, (await target.session(owner, provider=KEYED))["token"], "ada")
        ).json()
        for method, path, real, unreal in (
            ("GET", "/accounts/{}", account, f"acc_{_NONE}"),
            ("PATCH", "/accounts/{}", account, f"acc_{_NONE}"),
            ("DELETE", "/accounts/{}", account, f"acc_{_NONE}"),
            ("POST", "/jackfield/accounts/{}/reconnect_link", account, f"acc_{_NONE}"),
            ("POST", "/jackfield/accounts/{}/suspend", account, f"acc_{_NONE}"),
            ("GET", "/jackfield/connect_sessions/{}", session["id"], 123456789),
            ("POST", "/jackfield/connect_sessions/{}/revoke", session["id"], 123456789),
            ("GET", "/jackfield/pending_links/{}", waiting["id"], f"pln_{_NONE}"),
            ("POST", "/jackfield/pending_links/{}/confirm", waiting["id"], f"pln_{_NONE}"),
            ("POST", "/jackfield/pending_links/{}/refuse", waiting["id"], f"pln_{_NONE}"),
            ("GET", "/jackfield/portal_sessions/{}", portal["id"], f"prt_{_NONE}"),
            ("DELETE", "/jackfield/portal_sessions/{}", portal["id"], f"prt_{_NONE}"),
        ):
            answers = [
                await target.stranger.request(method, path.format(each), json={})
                for each in (real, unreal)
            ]
            told = [_told(each) for each in answers]
            hold(told[0][0] == 404, f"{method} {path} answers {told[0]} to another project")
            hold(told[0] == told[1], f"{method} {path} tells what there is from what there is not")
        await target.ask("POST", f"/jackfield/pending_links/{waiting['id']}/refuse")
    ran = await target.stranger.post(
        "/actions/rpc", headers={"x-account-id": account}, json={"action": f"{KEYED}_me"}
    )
    seen = await target.stranger.post(
        "/connect_sessions/authenticate", json={"token": session["token"]}
    )
    listed = (await target.stranger.get("/accounts")).json()
    hold(ran.status_code in (403, 404), "another project's key runs an action of the account")
    hold(seen.status_code in (401, 404), "another project's key reads a session by its token")
    hold(account not in str(listed), "another project lists the account")


@attack("use another project's account, profile or session in a connect session")
async def session_of_another_project(target: Target) -> None:
    owner = customer("acme")
    account = await target.link(owner)
    mine = await target.session(owner, provider=KEYED)
    profile = await target.offered(mine["token"])
    body = {"origin_owner_id": owner, "origin_owner_name": owner.title()}
    theirs = await target.ask(
        "POST", "/connect_sessions", api=target.stranger, json={**body, "provider": KEYED}
    )

    opened = [
        await target.stranger.post("/connect_sessions", json={**body, **wanted})
        for wanted in ({"account_id": account}, {"connector_profile_id": profile})
    ]
    shown = await target.client.get(f"/hub/accounts/{account}", headers=hub_of(theirs))
    changed = await relink(target, theirs["token"], account, "max", confirm_identity_change=True)
    form = await target.client.get(f"/hub/connectors/{profile}", headers=hub_of(theirs))
    linked = await submit(target, theirs["token"], "ada", integration_id=profile)
    page = await target.person().get(
        f"{theirs['auth_link_url']}&connector={profile}&account={account}"
    )

    for each in (*opened, shown, changed, form, linked):
        hold(each.status_code == 404, f"another project's session is answered {_told(each)}")
    hold(page.status_code >= 400, "a link opens the form of another project's profile")


@attack("take an answer for a sign-in of another project")
async def sign_in_of_another_project(target: Target) -> None:
    owner = customer("acme")
    body = {"origin_owner_id": owner, "origin_owner_name": owner, "provider": HONEST}
    theirs = await target.ask("POST", "/connect_sessions", api=target.stranger, json=body)
    mine = await target.session(owner, provider=HONEST)
    made = await target.ask("POST", "/hub/connection_attempts", headers=hub_of(mine))
    path = f"/hub/connection_attempts/{made['id']}"
    profile = await target.offered(theirs["token"])

    seen = await target.client.get(path, headers=hub_of(theirs))
    away, _ = await target.person().leave_in_window(
        theirs["token"], profile, connection_attempt_id=made["id"]
    )
    crossed, _ = await target.person().leave_in_window(
        mine["token"], profile, connection_attempt_id=made["id"]
    )

    hold(seen.status_code == 404, "an attempt can be followed by another project's session")
    hold(not away, "an attempt can be begun by another project's session")
    hold(not crossed, "a session signs in with another project's app")


def _told(answer: httpx2.Response) -> tuple[int, str, str]:
    body = answer.json()
    return answer.status_code, str(body.get("code")), str(body.get("message"))

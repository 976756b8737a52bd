"""Behaviors of refreshing, of the API and of revoking."""

from collections.abc import Callable
from typing import Any

import pytest

from jackfield.sandbox.oauth.behavior_table import BEHAVIORS
from jackfield.sandbox.oauth.server import OAuthSandbox
from tests.sandbox.oauth import (
    test_authorize_behaviors,
    test_reply_behaviors,
    test_token_behaviors,
)
from tests.sandbox.oauth.client import Answer, Caller

pytestmark = pytest.mark.anyio
Make = Callable[..., Caller]
Options = dict[str, Any]

# By behavior: what an answer has for a refresh token.
KEPT: dict[str, Any] = {
    "refresh.omits_token": "absent",
    "refresh.null_token": None,
    "refresh.empty_token": "",
}
# By behavior: how the API is called. A bearer token is refused.
PLACES: dict[str, Callable[[str], Options]] = {
    "token.place.header": lambda token: {"headers": {"X-Access-Token": token}},
    "token.place.authorization": lambda token: {"headers": {"Authorization": token}},
    "token.place.scheme": lambda token: {"headers": {"Authorization": f"Token {token}"}},
    "token.place.query": lambda token: {"params": {"access_token": token}},
    "token.place.cookie": lambda token: {"headers": {"Cookie": f"session={token}"}},
}
TRIED = {
    *KEPT,
    *PLACES,
    "refresh.same_token",
    "refresh.same_access_token",
    "refresh.with_access_token",
    "refresh.without_client",
    "refresh.other_url",
    "refresh.bearer",
    "refresh.params_required",
    "refresh.too_early",
    "token.session_step",
    "revoke.unsupported",
    "revoke.bearer",
    "revoke.delete_grant",
    "revoke.delete_token",
    "revoke.no_effect",
    "revoke.shared_grant",
    "introspect.bearer",
}


def test_every_behavior_is_tried() -> None:
    others = (test_authorize_behaviors, test_token_behaviors, test_reply_behaviors)

    assert TRIED.union(*(module.TRIED for module in others)) == set(BEHAVIORS)


def tokens(sandbox: OAuthSandbox, caller: Caller) -> tuple[str, str]:
    added = sandbox.authority.clients.get(caller.id)
    assert added is not None
    pair = sandbox.grant(added)
    return pair.access.value, pair.refresh.value if pair.refresh else ""


def refreshing(token: str, **params: str) -> dict[str, str]:
    return {"grant_type": "refresh_token", "refresh_token": token, **params}


@pytest.mark.parametrize("behavior", KEPT)
async def test_the_old_refresh_token_goes_on(
    sandbox: OAuthSandbox, client: Make, behavior: str
) -> None:
    caller = client(behavior)
    _, token = tokens(sandbox, caller)

    first, second = await caller.refresh(token), await caller.refresh(token)

    assert first.json.get("refresh_token", "absent") == KEPT[behavior]
    assert first.json["access_token"] != second.json["access_token"]


async def test_the_same_refresh_token_comes_back(sandbox: OAuthSandbox, client: Make) -> None:
    caller = client("refresh.same_token")
    _, token = tokens(sandbox, caller)

    assert (await caller.refresh(token)).json["refresh_token"] == token
    assert (await caller.refresh(token)).status == 200


async def test_the_same_access_token_lives_longer(sandbox: OAuthSandbox, client: Make) -> None:
    caller = client("refresh.same_access_token")
    access, token = tokens(sandbox, caller)
    sandbox.clock.advance(3000)

    renewed = (await caller.refresh(token)).json
    sandbox.clock.advance(3000)

    assert renewed["access_token"] == access
    assert (await caller.me(access)).status == 200


async def test_an_access_token_is_exchanged_while_it_lives(
    sandbox: OAuthSandbox, client: Make
) -> None:
    caller = client("refresh.with_access_token")
    access, none = tokens(sandbox, caller)

    longer = (await caller.token(grant_type="ig_refresh_token", access_token=access)).json
    sandbox.clock.advance(3600)
    late = await caller.token(grant_type="ig_refresh_token", access_token=access)

    assert none == ""
    assert longer["expires_in"] == 60 * 86_400
    assert "refresh_token" not in longer
    assert late.error == "invalid_grant"


async def test_a_token_alone_is_enough_to_refresh(sandbox: OAuthSandbox, client: Make) -> None:
    caller = client("refresh.with_access_token", "refresh.without_client", "token.get")
    access, _ = tokens(sandbox, caller)
    query = {"grant_type": "ig_refresh_token", "access_token": access}

    alone = await caller.ask("GET", "/token", params=query)
    named = await caller.ask("GET", "/token", params={**query, "client_id": caller.id})

    assert (alone.status, named.status) == (200, 400)


async def test_tokens_are_refreshed_elsewhere(sandbox: OAuthSandbox, client: Make) -> None:
    caller = client("refresh.other_url", refresh_path="/v2/refresh")
    _, token = tokens(sandbox, caller)

    assert (await caller.refresh(token)).error == "invalid_request"
    answer = await caller.ask("POST", "/v2/refresh", data=refreshing(token), headers=caller.basic())
    assert answer.status == 200


async def test_a_refresh_token_is_a_bearer_token(sandbox: OAuthSandbox, client: Make) -> None:
    caller = client("refresh.bearer")
    _, token = tokens(sandbox, caller)

    assert (await caller.refresh(token)).error == "invalid_request"
    answer = await caller.ask(
        "POST", "/token", data={"grant_type": "refresh_token"},
        headers={"Authorization": f"Bearer {token}"},
    )  # fmt: skip
    assert answer.status == 200


async def test_refreshing_takes_more_parameters(sandbox: OAuthSandbox, client: Make) -> None:
    caller = client("refresh.params_required", refresh_params={"expires_in": 1800})
    _, token = tokens(sandbox, caller)

    assert (await caller.refresh(token)).error == "invalid_request"
    assert (await caller.refresh(token, expires_in="1800")).status == 200


async def test_refreshing_too_early_is_refused_and_does_no_harm(
    sandbox: OAuthSandbox, client: Make
) -> None:
    caller = client("refresh.too_early", refresh_margin=30)
    _, token = tokens(sandbox, caller)

    assert (await caller.refresh(token)).error == "invalid_grant"
    sandbox.clock.advance(3571)
    assert (await caller.refresh(token)).status == 200


@pytest.mark.parametrize("behavior", PLACES)
async def test_the_api_takes_the_token_in_its_place_alone(
    sandbox: OAuthSandbox, client: Make, behavior: str
) -> None:
    caller = client(behavior)
    access, _ = tokens(sandbox, caller)

    assert (await caller.ask("GET", "/api/me", **PLACES[behavior](access))).status == 200
    assert (await caller.me(access)).status == 401


async def test_the_api_takes_a_session_that_an_access_token_begins(
    sandbox: OAuthSandbox, client: Make
) -> None:
    caller = client("token.session_step")
    access, _ = tokens(sandbox, caller)
    bearer = {"Authorization": f"Bearer {access}"}

    session = (await caller.ask("POST", "/session", headers=bearer)).json

    assert session["ttlMinutes"] == 60
    assert (await caller.me(access)).status == 401
    assert (await caller.me(session["sessionId"])).status == 200


async def revoke(caller: Caller, access: str, refresh: str) -> dict[str, Answer]:
    bearer = {"Authorization": f"Bearer {access}"}
    grant = f"/applications/{caller.id}/grant"
    basic = caller.basic()
    return {
        "revoke.bearer": await caller.ask("POST", "/revoke", headers=bearer),
        "revoke.delete_grant": await caller.ask(
            "DELETE", grant, json={"access_token": access}, headers=basic
        ),
        "revoke.delete_token": await caller.ask("DELETE", f"/refresh-tokens/{refresh}"),
        "usual": await caller.ask("POST", "/revoke", data={"token": refresh}, headers=basic),
    }


@pytest.mark.parametrize(
    "behavior", ["revoke.bearer", "revoke.delete_grant", "revoke.delete_token"]
)
async def test_a_grant_is_given_back_in_one_way(
    sandbox: OAuthSandbox, client: Make, behavior: str
) -> None:
    caller = client(behavior)
    access, refresh = tokens(sandbox, caller)

    answers = await revoke(caller, access, refresh)

    taken = {name for name, answer in answers.items() if answer.status < 300}
    assert taken == {behavior}
    assert (await caller.me(access)).status == 401
    assert (await caller.refresh(refresh)).error == "invalid_grant"


async def test_there_may_be_no_way_to_revoke(sandbox: OAuthSandbox, client: Make) -> None:
    caller = client("revoke.unsupported")
    access, refresh = tokens(sandbox, caller)

    answers = await revoke(caller, access, refresh)

    assert {answer.status for answer in answers.values()} == {404}
    assert (await caller.me(access)).status == 200


async def test_revoking_may_do_nothing(sandbox: OAuthSandbox, client: Make) -> None:
    caller = client("revoke.no_effect")
    access, refresh = tokens(sandbox, caller)

    answers = await revoke(caller, access, refresh)

    assert answers["usual"].status == 200
    assert (await caller.me(access)).status == 200


@pytest.mark.parametrize(("behaviors", "status"), [((), 200), (("revoke.shared_grant",), 401)])
async def test_revoking_one_grant_may_end_its_twin(
    sandbox: OAuthSandbox, client: Make, behaviors: tuple[str, ...], status: int
) -> None:
    caller = client(*behaviors)
    twin, _ = tokens(sandbox, caller)
    access, refresh = tokens(sandbox, caller)

    await revoke(caller, access, refresh)

    assert (await caller.me(access)).status == 401
    assert (await caller.me(twin)).status == status


async def test_introspection_may_take_the_token_itself(sandbox: OAuthSandbox, client: Make) -> None:
    caller = client("introspect.bearer")
    access, _ = tokens(sandbox, caller)
    bearer = {"Authorization": f"Bearer {access}"}

    taken = await caller.ask("POST", "/introspect", data={"token": access}, headers=bearer)
    named = {"token": access, "client_id": caller.id, "client_secret": caller.secret}
    refused = await caller.ask("POST", "/introspect", data=named)

    assert taken.json["active"] is True
    assert refused.error == "invalid_request"

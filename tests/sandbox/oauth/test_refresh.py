"""Tokens are renewed, generation by generation."""

from collections.abc import Callable
from typing import Any

import pytest

from jackfield.sandbox.oauth.server import OAuthSandbox
from tests.sandbox.oauth.client import Caller

pytestmark = pytest.mark.anyio
Make = Callable[..., Caller]


def signed_in(sandbox: OAuthSandbox, caller: Caller) -> Any:
    added = sandbox.authority.clients.get(caller.id)
    assert added is not None
    pair = sandbox.grant(added)
    assert pair.refresh is not None
    return added, pair.access.value, pair.refresh.value


async def test_each_refresh_gives_a_generation_and_is_counted(
    sandbox: OAuthSandbox, client: Make
) -> None:
    caller = client()
    added, _, token = signed_in(sandbox, caller)

    for _ in range(3):
        token = (await caller.refresh(token)).json["refresh_token"]

    (family,) = sandbox.families(added)
    assert (family.generation, family.requests) == (3, {0: 1, 1: 1, 2: 1})
    assert (family.reuses, family.revoked) == (0, "")


async def test_a_refresh_token_used_again_ends_the_family(
    sandbox: OAuthSandbox, client: Make
) -> None:
    caller = client()
    added, _, first = signed_in(sandbox, caller)
    second = (await caller.refresh(first)).json

    assert (await caller.refresh(first)).error == "invalid_grant"
    assert (await caller.refresh(second["refresh_token"])).error == "invalid_grant"
    assert (await caller.me(second["access_token"])).status == 401
    (family,) = sandbox.families(added)
    assert (family.reuses, family.requests) == (1, {0: 2, 1: 1})


async def test_within_a_grace_the_same_tokens_are_given_again(
    sandbox: OAuthSandbox, client: Make
) -> None:
    caller = client(rotation_grace=60)
    _, _, first = signed_in(sandbox, caller)
    second = (await caller.refresh(first)).json

    sandbox.clock.advance(30)
    again = (await caller.refresh(first)).json
    sandbox.clock.advance(31)
    late = await caller.refresh(first)

    assert again["refresh_token"] == second["refresh_token"]
    assert again["access_token"] == second["access_token"]
    assert late.error == "invalid_grant"


async def test_tokens_end_when_the_clock_says_so(sandbox: OAuthSandbox, client: Make) -> None:
    caller = client(access_token_lifetime=60, refresh_token_lifetime=120)
    _, access, refresh = signed_in(sandbox, caller)

    assert (await caller.me(access)).status == 200
    sandbox.clock.advance(60)
    assert (await caller.me(access)).status == 401
    sandbox.clock.advance(60)
    assert (await caller.refresh(refresh)).error == "invalid_grant"


async def test_scopes_cannot_grow(sandbox: OAuthSandbox, client: Make) -> None:
    caller = client(scopes=["notes.read"])
    _, _, refresh = signed_in(sandbox, caller)

    assert (await caller.refresh(refresh, scope="notes.write")).error == "invalid_scope"
    assert (await caller.refresh(refresh, scope="notes.read")).status == 200


async def test_a_refresh_token_is_of_its_client(sandbox: OAuthSandbox, client: Make) -> None:
    caller, other = client(), client()
    _, _, refresh = signed_in(sandbox, caller)

    assert (await other.refresh(refresh)).error == "invalid_grant"
    assert (await caller.refresh(refresh)).status == 200

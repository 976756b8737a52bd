"""Signing in at a sandbox, for every connector whose users sign in at their provider."""

import pytest

from tests.sandbox.connector.world import FOLDER, World

pytestmark = pytest.mark.anyio

KEYS = sorted(
    each.name
    for each in FOLDER.iterdir()
    if each.is_dir()
    and "authorizationUrl:" in (each / f"{each.name}.connector.s1.yaml").read_text("utf-8")
)


@pytest.mark.parametrize("key", KEYS)
async def test_a_person_signs_in_and_their_account_is_used_and_renewed_until_they_take_it_back(
    world: World, key: str
) -> None:
    sandbox = world.sandboxes[key]
    login = next(each for each in sandbox.logins if each.method.redirects)
    account = await world.link(key, login, person="max")
    reading = next(each for each in sandbox.state.provider.connector.actions if each.only_reads)
    inputs = sandbox.sample_inputs(reading.name)

    fine = await world.hub.run(account, reading.id, body=inputs)
    world.clock.advance(seconds=7200)
    renewed = await world.hub.run(account, reading.id, body=inputs)
    authority = sandbox.state.authority
    for family in authority.grants.of(login.values["clientId"]):
        authority.grants.revoke(family, "taken back")
    refused = await world.hub.run(account, reading.id, body=inputs)

    assert fine.status_code == 200, fine.text
    assert renewed.status_code == 200, renewed.text
    assert refused.status_code != 200

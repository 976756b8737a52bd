"""Each secret that a person fills in is proved while the account is linked."""

from collections.abc import Iterator

import pytest

from jackfield.sandbox.connector.credentials import Login
from tests.sandbox.connector.world import FOLDER, World

pytestmark = pytest.mark.anyio

# Signpost shows its map to everyone, and signs in by steps that its sandbox does not check; those
# of its ways that are checked have tests of their own.
KEYS = sorted({each.name for each in FOLDER.iterdir() if each.is_dir()} - {"signpost"})


def secrets_of(login: Login) -> Iterator[str]:
    """Yield the secrets of a login that are typed into the form for linking."""
    for field in login.method.config_fields:
        if field.secret and field.key in login.credentials and not login.method.redirects:
            yield field.key


def another(value: str) -> str:
    """Return a secret with another letter in its middle, so that its form stays the same."""
    middle = len(value) // 2
    while not value[middle].isalnum():
        middle -= 1
    changed = "b" if value[middle] != "b" else "c"
    return f"{value[:middle]}{changed}{value[middle + 1 :]}"


@pytest.mark.parametrize("key", KEYS)
async def test_a_wrong_secret_is_told_while_linking_and_where_there_are_more_at_its_field(
    world: World, key: str
) -> None:
    wrong: dict[str, str] = {}

    for login in world.sandboxes[key].logins:
        secrets = list(secrets_of(login))
        profile = await world.profile(key, login) if secrets else ""
        chosen = {"connector_profile_id": profile} if profile else {}
        for name in secrets:
            typed = {**login.credentials, name: another(login.credentials[name])}
            # An account of its own: another one's credentials would be refused for that.
            owner = {"origin_owner_id": f"{login.method.key} {name}"}
            refused = await world.try_to_link(key, typed, **chosen, **owner)
            faults = [each["path"] for each in refused.json().get("faults", ())]
            is_told = len(secrets) == 1 or faults == [f"credentials.{name}"]
            if refused.status_code != 400 or not is_told:
                wrong[f"{login.method.key}.{name}"] = refused.text

    assert wrong == {}

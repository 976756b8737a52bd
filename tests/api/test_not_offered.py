import pytest

from tests.support.running import Running

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/actions/rpc/synced", "sync_not_offered"),
        ("/unified/check_permissions", "permissions_not_offered"),
    ],
)
async def test_what_this_hub_does_not_do_is_said_in_the_error_clients_know(
    hub: Running, path: str, code: str
) -> None:
    response = await hub.api.post(path, json={"action": "iterable_list_lists", "resource_id": "1"})

    assert (response.status_code, response.json()["code"]) == (501, code)

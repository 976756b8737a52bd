import pytest

from tests.support.running import Running

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("path", ["/nothing", "/accounts/a/b/c", "/unified/hris/employees"])
async def test_a_program_at_an_unknown_path_is_answered_in_json(hub: Running, path: str) -> None:
    response = await hub.api.get(path, headers={"accept": "application/json"})

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


async def test_a_person_at_an_unknown_path_reads_a_page(hub: Running) -> None:
    response = await hub.api.get("/nothing", headers={"accept": "text/html,*/*"})

    assert response.status_code == 404
    assert "There is nothing here" in response.text

import pytest

from tests.support.running import Running

pytestmark = pytest.mark.anyio


async def test_connectors_are_listed_with_whether_accounts_can_be_linked(hub: Running) -> None:
    response = await hub.api.get("/connectors/meta")

    known = {each["provider"]: each for each in response.json()}
    assert known["iterable"]["provider_name"] == "Iterable"
    assert known["iterable"]["category"] == "marketing"
    assert known["iterable"]["models"] == {}
    assert known["iterable"]["active"] is True


async def test_one_connector_is_returned_with_its_logo(hub: Running) -> None:
    response = await hub.api.get("/connectors/meta/iterable?include=field_path")

    logo = response.json()["resources"]["images"]["logo_url"]
    assert response.json()["provider"] == "iterable"
    assert (await hub.api.get(logo)).headers["content-type"].startswith("image/")


async def test_a_connector_that_does_not_exist_is_not_found_and_gets_a_suggestion(
    hub: Running,
) -> None:
    response = await hub.api.get("/connectors/meta/iterabel")

    assert (response.status_code, response.json()["code"]) == (404, "connector_not_found")
    assert "'iterable'" in response.json()["message"]

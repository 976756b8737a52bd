import pytest

from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]


async def test_accounts_are_listed_newest_first_and_filtered(hub: Running) -> None:
    acme = await hub.link()
    rival = await hub.link(origin_owner_id="rival", origin_owner_name="Rival Ltd.")
    await hub.api.post(f"/jackfield/accounts/{rival}/suspend")

    async def ids(query: str) -> list[str]:
        return [each["id"] for each in (await hub.api.get(f"/accounts?{query}")).json()]

    assert sorted(await ids("")) == sorted([acme, rival])
    assert await ids("origin_owner_id=acme") == [acme]
    assert sorted(await ids("origin_owner_ids=acme&origin_owner_ids=rival")) == sorted(
        [acme, rival]
    )
    assert await ids("status=suspended") == [rival]
    assert sorted(await ids("status[]=suspended&status[]=active")) == sorted([acme, rival])
    assert await ids(f"account_ids={acme},acc_0") == [acme]
    assert await ids("providers=bamboohr") == []
    assert len(await ids("page_size=1&page=1")) == len(await ids("page_size=1&page=2")) == 1
    assert await ids("page_size=1&page=3") == []


@pytest.mark.parametrize("query", ["page=0", "page=x", "page_size=0", "page_size=100000"])
async def test_a_page_that_is_none_is_refused(hub: Running, query: str) -> None:
    response = await hub.api.get(f"/accounts?{query}")

    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")
    assert response.json()["faults"][0]["path"].startswith("query.page")


@pytest.mark.parametrize(
    ("path", "parameter", "allowed"),
    [
        ("/accounts", "status", "active, inactive, suspended, error, expired"),
        ("/requests/logs", "http_methods", "get, post, put, patch, delete, head, options"),
        ("/requests/logs", "order_by", "provider, service, status, eventdatetime, duration"),
    ],
)
async def test_a_filter_for_what_there_is_not_is_refused_and_says_what_there_is(
    hub: Running, path: str, parameter: str, allowed: str
) -> None:
    first = allowed.partition(",")[0]
    fine = await hub.api.get(f"{path}?{parameter}={first}")
    bogus = await hub.api.get(f"{path}?{parameter}=bogus")
    of_several = await hub.api.get(f"{path}?{parameter}={first},bogus")

    assert [each.status_code for each in (fine, bogus, of_several)] == [200, 422, 422]
    assert f"it may be {allowed}" in bogus.json()["message"]


async def test_an_account_is_renamed_and_null_changes_nothing(hub: Running) -> None:
    account_id = await hub.link()

    response = await hub.api.patch(
        f"/accounts/{account_id}",
        json={"label": "EU shop", "metadata": {"tier": 1}, "origin_owner_name": None},
    )

    assert response.status_code == 200
    account = (await hub.api.get(f"/accounts/{account_id}")).json()
    assert (account["label"], account["metadata"]) == ("EU shop", {"tier": 1})
    assert account["origin_owner_name"] == "Acme Inc."


@pytest.mark.parametrize("label", ["EU shop", {"shop": "EU", "tier": 1}, '{"not": "an object"}'])
async def test_a_label_is_a_text_or_an_object_and_comes_back_as_it_was_sent(
    hub: Running, label: object
) -> None:
    account_id = await hub.link()

    changed = await hub.api.patch(f"/accounts/{account_id}", json={"label": label})

    assert changed.json()["label"] == label
    assert (await hub.api.get(f"/accounts/{account_id}")).json()["label"] == label


async def test_a_label_given_to_the_session_is_the_accounts(hub: Running) -> None:
    account_id = await hub.link(label="EU shop")

    assert (await hub.api.get(f"/accounts/{account_id}")).json()["label"] == "EU shop"


async def test_an_account_is_converted_to_test_and_back(hub: Running) -> None:
    account_id = await hub.link()

    to_test = await hub.api.patch(f"/accounts/{account_id}", json={"type": "test"})
    back = await hub.api.patch(f"/accounts/{account_id}", json={"type": "production"})

    assert (to_test.json()["type"], back.json()["type"]) == ("test", "production")


async def test_what_an_account_is_linked_to_can_be_asked(hub: Running) -> None:
    account_id = await hub.link()

    response = await hub.api.get(f"/accounts/{account_id}/meta")

    assert response.json() == {"provider": "iterable", "category": "marketing", "models": {}}


@pytest.mark.parametrize("name", ["integration_id", "connector_profile_id"])
async def test_an_account_is_moved_to_another_profile_of_its_connector(
    hub: Running, name: str
) -> None:
    account_id = await hub.link()
    other = (await hub.api.post("/connector_profiles", json={"connector_key": "iterable"})).json()
    await hub.api.patch(
        f"/connector_profiles/{other['id']}",
        json={"allowed_actions": ["iterable_list_lists"]},
    )

    moved = await hub.api.patch(f"/accounts/{account_id}", json={name: other["id"]})

    refused = await hub.run(account_id, "iterable_list_channels")
    assert (moved.status_code, moved.json()["integration_id"]) == (200, other["id"])
    assert refused.json()["code"] == "action_not_allowed"


async def test_an_account_whose_profile_is_off_works_again_by_another(hub: Running) -> None:
    account_id = await hub.link()
    account = (await hub.api.get(f"/accounts/{account_id}")).json()
    other = (await hub.api.post("/connector_profiles", json={"connector_key": "iterable"})).json()
    await hub.api.patch(f"/connector_profiles/{account['integration_id']}", json={"active": False})

    moved = await hub.api.patch(f"/accounts/{account_id}", json={"integration_id": other["id"]})

    assert (moved.json()["status"], moved.json()["status_reasons"]) == ("active", [])
    assert (await hub.run(account_id, "iterable_list_channels")).status_code == 200


async def test_an_account_is_not_moved_to_a_profile_that_cannot_serve_it(hub: Running) -> None:
    account_id = await hub.link()
    before = (await hub.api.get(f"/accounts/{account_id}")).json()
    listed = (await hub.api.get("/connector_profiles?page_size=100")).json()["data"]
    foreign = next(each for each in listed if each["connector_key"] != "iterable")
    off = (
        await hub.api.post(
            "/connector_profiles", json={"connector_key": "iterable", "active": False}
        )
    ).json()

    answers = [
        await hub.api.patch(f"/accounts/{account_id}", json={"integration_id": each})
        for each in (foreign["id"], off["id"], "cpr_unknown")
    ]

    assert [(each.status_code, each.json()["code"]) for each in answers] == [
        (400, "profile_of_other_connector"),
        (412, "profile_disabled"),
        (404, "profile_not_found"),
    ]
    assert (await hub.api.get(f"/accounts/{account_id}")).json() == before


@pytest.mark.parametrize("name", ["provider", "authentication_config_key", "environment"])
async def test_what_an_account_is_linked_to_can_be_said_and_not_changed(
    hub: Running, name: str
) -> None:
    account_id = await hub.link()
    account = (await hub.api.get(f"/accounts/{account_id}")).json()

    said = await hub.api.patch(f"/accounts/{account_id}", json={name: account[name], "label": "x"})
    refused = await hub.api.patch(f"/accounts/{account_id}", json={name: "other", "label": "y"})

    assert (said.status_code, said.json()["label"]) == (200, "x")
    assert (refused.status_code, refused.json()["faults"][0]["path"]) == (422, name)
    assert (await hub.api.get(f"/accounts/{account_id}")).json()["label"] == "x"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"type": "staging"}, "type"),
        ({"shared": "yes"}, "shared"),
        ({"label": 7}, "label"),
        ({"metadata": []}, "metadata"),
        ({"origin_owner_id": ""}, "origin_owner_id"),
        ({"origin_owner_name": {"x": 1}}, "origin_owner_name"),
    ],
)
async def test_a_change_of_the_wrong_type_is_named_by_its_path(
    hub: Running, change: dict[str, object], path: str
) -> None:
    account_id = await hub.link()

    response = await hub.api.patch(f"/accounts/{account_id}", json=change)

    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")
    assert [fault["path"] for fault in response.json()["faults"]] == [path]


async def test_a_deleted_account_is_gone_with_its_credentials(hub: Running) -> None:
    account_id = await hub.link()

    deleted = await hub.api.delete(f"/accounts/{account_id}")

    assert (deleted.status_code, deleted.json()["id"]) == (200, account_id)
    assert (await hub.api.get(f"/accounts/{account_id}")).status_code == 404
    assert (await hub.run(account_id, "iterable_list_channels")).status_code == 404
    assert await hub.hub.db.unscoped("select field from credentials") == []


async def test_a_suspended_account_runs_nothing_until_it_is_resumed(hub: Running) -> None:
    account_id = await hub.link()

    suspended = await hub.api.post(f"/jackfield/accounts/{account_id}/suspend")
    refused = await hub.run(account_id, "iterable_list_channels")
    await hub.api.post(f"/jackfield/accounts/{account_id}/resume")
    allowed = await hub.run(account_id, "iterable_list_channels")

    assert suspended.json()["status"] == "suspended"
    assert (refused.status_code, refused.json()["code"]) == (412, "account_not_usable")
    assert allowed.status_code == 200


async def test_a_key_that_was_disabled_makes_the_account_fail_until_it_works_again(
    hub: Running,
) -> None:
    account_id = await hub.link()
    key = hub.sandbox.us.app.sandbox.keys["server_side"]
    key.disabled = True

    refused = await hub.run(account_id, "iterable_list_channels")
    failing = (await hub.api.get(f"/accounts/{account_id}")).json()
    again = await hub.run(account_id, "iterable_list_channels")
    key.disabled = False
    mended = await hub.api.post(f"/jackfield/accounts/{account_id}/check")

    assert (refused.status_code, refused.json()["code"]) == (502, "provider_unauthorized")
    assert failing["status"] == "error"
    assert failing["status_reasons"][0]["code"] == "key_disabled"
    assert (again.status_code, again.json()["code"]) == (412, "account_not_usable")
    assert mended.json()["status"] == "active"


async def test_a_key_that_may_not_do_one_thing_does_not_make_the_account_fail(
    hub: Running,
) -> None:
    account_id = await hub.link(key=hub.sandbox.us.api_keys["read_only"])

    refused = await hub.run(account_id, "iterable_create_list", body={"name": "x"})
    account = (await hub.api.get(f"/accounts/{account_id}")).json()

    assert refused.status_code == 502
    assert "Disabled API key or insufficient privileges" in refused.json()["message"]
    assert account["status"] == "active"
    assert (await hub.run(account_id, "iterable_list_channels")).status_code == 200


async def test_what_happens_to_an_account_is_recorded(hub: Running) -> None:
    account_id = await hub.link()
    await hub.link()
    await hub.api.delete(f"/accounts/{account_id}")

    events = await hub.hub.db.unscoped(
        "select type, subject from events where type like 'account.%' order by id"
    )

    assert sorted(event["type"] for event in events) == [
        "account.created",
        "account.deleted",
        "account.updated",
    ]
    assert {event["subject"] for event in events} == {account_id}


@pytest.mark.parametrize("owner", ["a,b", "Smith, Jones & Co", " edge ", "a+b", "50%,", "ü,☂"])
async def test_accounts_of_an_odd_owner_are_found(hub: Running, owner: str) -> None:
    account_id = await hub.link(origin_owner_id=owner)
    await hub.link(origin_owner_id="a")

    for params in (
        {"origin_owner_ids": owner},
        {"origin_owner_ids": [owner, "other"]},
        {"origin_owner_ids[]": owner},
        {"origin_owner_id": owner},
    ):
        found = await hub.api.get("/accounts", params=params)
        assert [each["id"] for each in found.json()] == [account_id], params


async def test_a_plain_comma_is_between_two_owners(hub: Running) -> None:
    linked = [await hub.link(origin_owner_id=owner) for owner in ("a", "b")]

    found = await hub.api.get("/accounts?origin_owner_ids=a,b")

    assert sorted(each["id"] for each in found.json()) == sorted(linked)

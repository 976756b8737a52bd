"""`PATCH /accounts/{id}` with credentials: a script that rotates a customer's key."""

import pytest

from jackfield.connect import rotation
from jackfield.connect.models import LinkedMeanwhile
from jackfield.secrets.store import SealedBundle, SealedSecrets, SecretOwner
from tests.support.actor import TESTER
from tests.support.running import Running

pytestmark = pytest.mark.anyio


async def test_other_credentials_are_asked_about_and_used_from_then_on(hub: Running) -> None:
    account_id = await hub.link()
    read_only = hub.sandbox.us.api_keys["read_only"]

    changed = await hub.api.patch(
        f"/accounts/{account_id}", json={"credentials": {"api_key": read_only}, "label": "Rotated"}
    )
    read = await hub.run(account_id, "iterable_list_channels")
    write = await hub.run(account_id, "iterable_create_list", body={"name": "New"})

    assert (changed.status_code, changed.json()["label"]) == (200, "Rotated")
    assert (changed.json()["status"], changed.json()["credentials"]) == ("active", {})
    assert read_only not in changed.text
    assert read.status_code == 200
    assert write.json()["provider_errors"][0]["status"] in (401, 403)


async def test_credentials_that_are_refused_change_nothing_at_all(hub: Running) -> None:
    account_id = await hub.link()

    refused = await hub.api.patch(
        f"/accounts/{account_id}", json={"secrets": {"api_key": "sneaky-key" * 4}, "label": "x"}
    )

    assert (refused.status_code, refused.json()["code"]) == (400, "credential_rejected")
    assert "sneaky" not in refused.text
    account = (await hub.api.get(f"/accounts/{account_id}")).json()
    assert (account["label"], account["status"]) == (None, "active")
    assert (await hub.run(account_id, "iterable_list_channels")).status_code == 200


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        ({"api_kee": "k"}, "credentials.api_kee"),
        ({"region": "mars"}, "credentials.region"),
        ({"api_key": {"x": 1}}, "credentials.api_key"),
    ],
)
async def test_a_field_that_does_not_fit_is_named(
    hub: Running, sent: dict[str, object], path: str
) -> None:
    account_id = await hub.link()

    refused = await hub.api.patch(f"/accounts/{account_id}", json={"credentials": sent})

    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_fields")
    assert [fault["path"] for fault in refused.json()["faults"]] == [path]


async def test_what_is_sent_back_as_it_was_read_asks_the_provider_nothing(hub: Running) -> None:
    account_id = await hub.link()
    account = (await hub.api.get(f"/accounts/{account_id}")).json()
    asked = len(hub.sandbox.us.requests)

    changed = await hub.api.patch(f"/accounts/{account_id}", json={**account, "label": "x"})

    assert (changed.status_code, changed.json()["label"]) == (200, "x")
    assert len(hub.sandbox.us.requests) == asked


async def test_credentials_of_another_account_need_a_word(hub: Running) -> None:
    account_id = await hub.link()
    other = {"api_key": hub.eu_key, "region": "eu"}

    refused = await hub.api.patch(f"/accounts/{account_id}", json={"credentials": other})
    taken = await hub.api.patch(
        f"/accounts/{account_id}", json={"credentials": other, "confirm_identity_change": True}
    )

    assert (refused.status_code, refused.json()["code"]) == (409, "identity_changed")
    assert taken.json()["setup_information"] == {"region": "eu"}


async def test_what_was_linked_while_the_provider_was_asked_is_kept(hub: Running) -> None:
    account_id = await hub.link()
    read_only = hub.sandbox.us.api_keys["read_only"]
    proven = await rotation.verify_rotation(
        hub.hub, hub.project.id, account_id, {"api_key": read_only, "region": "us"}
    )
    assert proven is not None

    await hub.link(key=hub.us_key)
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        with pytest.raises(LinkedMeanwhile):
            await rotation.apply_rotation(tx, hub.hub.vault, proven, confirm_identity_change=False)

    assert (await hub.run(account_id, "iterable_create_list", body={"name": "N"})).is_success


async def test_an_account_of_another_project_is_none(hub: Running) -> None:
    account_id = await hub.link()
    stranger = await hub.key(project="other")

    refused = await hub.api.patch(
        f"/accounts/{account_id}",
        auth=(stranger, ""),
        json={"credentials": {"api_key": hub.us_key, "region": "us"}},
    )

    assert (refused.status_code, refused.json()["code"]) == (404, "account_not_found")


@pytest.mark.database
async def test_credentials_that_are_replaced_while_they_are_loaded_are_loaded_whole(
    hub: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_id, other = await hub.link(), hub.sandbox.us.api_keys["read_only"]
    sealed, rotated = SealedSecrets.sealed, list[int]()

    async def after_a_rotation(self: SealedSecrets, owner: SecretOwner) -> SealedBundle:
        if not rotated:
            rotated.append(0)
            change = {"credentials": {"api_key": other}}
            done = await hub.api.patch(f"/accounts/{account_id}", json=change)
            rotated[0] = done.status_code
        return await sealed(self, owner)

    monkeypatch.setattr(SealedSecrets, "sealed", after_a_rotation)
    ran = await hub.run(account_id, "iterable_list_channels")

    assert (rotated, ran.status_code) == ([200], 200), ran.text

import pytest
from dirty_equals import IsFloat
from inline_snapshot import snapshot

from tests.support.running import Running

pytestmark = pytest.mark.anyio


async def test_actions_are_found_under_the_names_of_each_generation_of_clients(
    hub: Running,
) -> None:
    response = await hub.api.post("/actions/search", json={"query": "how big is a list"})

    body = response.json()
    assert response.status_code == 200
    assert body["results"][0] == snapshot(
        {
            "id": "iterable_1.0.0_iterable_get_list_size_global",
            "action_name": "iterable_get_list_size",
            "connector_key": "iterable",
            "label": "Get the size of a list",
            "description": "Count the members of a list.",
            "project_id": "global",
            "similarity_score": IsFloat(ge=0.5, le=1),
        }
    )
    assert body["total_count"] == len(body["results"])
    assert "connector_filter" not in body


@pytest.mark.parametrize(
    ("connector", "keys"),
    [("iterable", {"iterable"}), ("Fernwood", {"fernwood"}), ("nobody", set())],
)
async def test_only_one_connectors_actions_are_found(
    hub: Running, connector: str, keys: set[str]
) -> None:
    body = {"query": "list", "connector": connector, "min_similarity": 0}

    found = (await hub.api.post("/actions/search", json=body)).json()

    assert {each["connector_key"] for each in found["results"]} == keys
    assert found["connector_filter"] == connector


async def test_as_many_are_returned_as_asked_for_and_near_enough(hub: Running) -> None:
    few = (await hub.api.post("/actions/search", json={"query": "user", "top_k": 3})).json()
    near = (
        await hub.api.post("/actions/search", json={"query": "user", "min_similarity": 0.99})
    ).json()

    assert len(few["results"]) == 3
    assert near["results"] == []


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, ""),
        ({"query": ""}, "query"),
        ({"query": "x", "top_k": 0}, "top_k"),
        ({"query": 7}, "query"),
    ],
)
async def test_a_wrong_question_is_named_by_path(hub: Running, body: object, path: str) -> None:
    response = await hub.api.post("/actions/search", json=body)

    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")
    assert response.json()["faults"][0]["path"] == path


async def test_the_index_says_how_much_it_holds(hub: Running) -> None:
    everything = (await hub.api.post("/actions/build", json={})).json()
    one = (await hub.api.post("/actions/build", json={"connector_key": "iterable"})).json()
    none = await hub.api.post("/actions/build", json={"connector_key": "nobody"})

    assert everything["status"] == "success"
    assert everything["actions_indexed"] > one["actions_indexed"] > 100
    assert (none.status_code, none.json()["code"]) == (404, "connector_not_found")


async def test_feedback_on_tools_is_kept_for_the_operator(hub: Running) -> None:
    account = await hub.link()
    said = [f"Worked {number} times." for number in range(3)]
    for each in said:
        body = {"feedback": each, "account_id": account, "tool_names": ["iterable_list_lists"]}
        kept = await hub.api.post("/ai/tool-feedback", json=body)
        assert kept.status_code == 201
        assert kept.json()["message"] == "Feedback successfully stored"

    first = (await hub.api.get("/jackfield/tool_feedback?page_size=2")).json()
    rest = (await hub.api.get(f"/jackfield/tool_feedback?next={first['next']}")).json()

    assert {each["feedback"] for each in first["data"] + rest["data"]} == set(said)
    assert (len(first["data"]), len(rest["data"]), rest["next"]) == (2, 1, None)


async def test_feedback_about_nobodys_account_is_refused(hub: Running) -> None:
    body = {"feedback": "x", "account_id": "acc_0", "tool_names": ["x"]}

    response = await hub.api.post("/ai/tool-feedback", json=body)

    assert (response.status_code, response.json()["code"]) == (404, "account_not_found")


async def test_whoever_has_nothing_to_say_need_not_send_a_body(hub: Running) -> None:
    built = await hub.api.post("/actions/build")
    unsaid = await hub.api.post("/connect_sessions")

    assert (built.status_code, built.json()["status"]) == (200, "success")
    assert (unsaid.status_code, unsaid.json()["code"]) == (400, "invalid_json")

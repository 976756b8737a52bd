import asyncio

import pytest

from jackfield.engine.connector import CompiledConnector
from jackfield.engine.errors import InvalidStep
from jackfield.engine.explain import explain
from jackfield.engine.expressions.errors import InvalidExpression
from jackfield.kit.errors import ProviderError, ProviderRejected
from tests.unit.engine.building import (
    CREDENTIALS,
    Provider,
    action,
    answer,
    connector,
    document,
    request,
    run,
    step,
)

pytestmark = pytest.mark.anyio

STATES = {"a": "$.steps.a", "b": "$.steps.b"}


def values(step_id: str, content: object = "{{1}}", **keys: object) -> dict:
    return step("static_values", {"values": content}, step_id=step_id, **keys)


async def result(*steps: dict, inputs: dict | None = None, **keys: object) -> object:
    keys.setdefault("result", STATES)
    outcome = await run(action(*steps, **keys), Provider([answer({"id": 1})]), inputs)
    return outcome.data


async def test_a_step_sees_those_before_it() -> None:
    found = await result(values("a", {"n": 1}), values("b", "{{steps.a.output.data.n + 1}}"))

    assert found["b"] == {"successful": True, "output": {"data": 2}}


async def test_a_step_whose_condition_does_not_hold_is_skipped() -> None:
    found = await result(values("a", condition="{{present(inputs.x)}}"), values("b"))

    assert found["a"] == {"successful": True, "skipped": True}
    assert found["b"]["output"] == {"data": 1}


async def test_a_steps_condition_goes_by_truth() -> None:
    found = await result(values("a", condition="$.inputs.rows"), inputs={"rows": [0]})

    assert "output" in found["a"]


@pytest.mark.parametrize(("on_error", "ran"), [(True, ["a", "b"]), (False, ["b"]), ("break", [])])
async def test_a_condition_that_fails_does_what_the_step_says(
    on_error: object, ran: list[str]
) -> None:
    failing = values("a", condition="${inputs.blank}", onConditionError=on_error)

    found = await result(failing, values("b"), inputs={"blank": ""}, engine="compat")

    assert [name for name in ("a", "b") if "output" in found.get(name, {})] == ran


async def test_a_condition_that_fails_ends_the_action_by_default() -> None:
    failing = values("a", condition="${inputs.blank}")

    with pytest.raises(InvalidExpression):
        await result(failing, inputs={"blank": ""}, engine="compat")


async def test_a_failed_step_ends_the_action_unless_it_may_fail() -> None:
    provider = Provider([answer({"message": "gone"}, 404)])
    may_fail = {**request(), "stepId": "a", "ignoreError": True}

    with pytest.raises(ProviderRejected, match="gone"):
        await run(action(request(), values("b"), result=STATES), provider)
    outcome = await run(action(may_fail, values("b"), result=STATES), provider)

    assert outcome.data["a"]["successful"] is False
    assert outcome.data["a"]["output"]["statusCode"] == 404
    assert outcome.data["b"]["successful"] is True


async def test_success_criteria_judge_a_step_that_went_through() -> None:
    strict = values("a", {"ok": False}, successCriteria="{{data.ok}}")

    with pytest.raises(ProviderError, match="success criteria"):
        await result(strict)
    found = await result({**strict, "ignoreError": True})

    assert found["a"]["successful"] is False
    assert found["a"]["output"]["data"] == {"ok": False}


async def test_a_step_runs_once_for_every_item() -> None:
    each = values("a", {"x": "$.iterator.item", "n": "$.iterator.index"}, iterator="$.inputs.items")

    found = await result(
        each, values("b", "$.intermediateSteps.a[1].iterator.item"), inputs={"items": ["p", "q"]}
    )

    assert found["a"]["output"]["data"] == [{"x": "p", "n": 0}, {"x": "q", "n": 1}]
    assert found["b"]["output"]["data"] == "q"


async def test_functions_of_an_iterating_step_see_what_the_one_before_gave() -> None:
    calls = [
        {"functionName": "static_values", "parameters": {"values": text}}
        for text in ("{{iterator.item * 2}}", "{{iterator.current + 1}}")
    ]
    each = {"stepId": "a", "iterator": "$.inputs.items", "stepFunctions": calls}

    found = await result(each, inputs={"items": [1, 5]})

    assert found["a"]["output"]["data"] == [3, 11]


async def test_an_item_that_fails_ends_the_step() -> None:
    provider = Provider([answer({"n": 1}), answer({}, 404), answer({"n": 3})])
    each = {**request("/x/${iterator.item}"), "iterator": "$.inputs.items"}

    with pytest.raises(ProviderRejected):
        await run(action(each), provider, {"items": [1, 2, 3]})

    assert len(provider.sent) == 2


async def test_a_step_nobody_waits_for_does_not_hold_up_the_others() -> None:
    class Slow(Provider):
        async def send(self, request: object) -> object:
            if request.url.endswith("/slow"):
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            return await super().send(request)

    provider = Slow([answer({})])
    aside = {**request("/slow"), "stepId": "a", "async": True}

    await run(action(aside, {**request("/fast"), "stepId": "b"}), provider)

    assert [url.rpartition("/")[2] for url in provider.urls] == ["fast", "slow"]


async def test_the_failure_of_a_step_nobody_waits_for_is_a_warning() -> None:
    aside = {**request("/x"), "stepId": "a", "async": True}

    outcome = await run(
        action(aside, values("b"), result=STATES), Provider([answer({"message": "no"}, 404)])
    )

    assert outcome.data["b"]["successful"] is True
    assert outcome.warnings == ("a: no",)


async def test_a_failed_step_ends_the_action_and_what_runs_beside_it() -> None:
    class Stuck(Provider):
        async def send(self, request: object) -> object:
            if request.url.endswith("/slow"):
                await asyncio.Event().wait()
            return await super().send(request)

    aside = {**request("/slow"), "stepId": "a", "async": True}
    provider = Stuck([answer({"message": "gone"}, 404)])

    with pytest.raises(ProviderRejected, match="gone"):
        await run(action(aside, {**request("/fast"), "stepId": "b"}), provider)


@pytest.mark.parametrize(
    ("document_of", "words"),
    [
        ({"stepId": "a"}, "stepFunction' is missing"),
        ({"stepFunction": {"parameters": {}}}, "functionName' is missing"),
        ({"stepFunction": {"functionName": "nope"}}, "Unknown step function: nope v1"),
        (
            {"stepFunction": {"functionName": "request", "version": "2", "parameters": {}}},
            "Unknown step function: request v2",
        ),
        (
            {"stepFunctions": [{"functionName": "static_values", "parameters": {"values": 1}}]},
            "needs an iterator",
        ),
    ],
)
def test_a_malformed_step_is_refused(document_of: dict, words: str) -> None:
    with pytest.raises(InvalidStep, match=words):
        action(document_of)


async def test_a_result_gives_data_and_further_keys() -> None:
    keys = {"data": "$.steps.a.output.data", "total": 7, "gone": "$.nope", "next": "n2"}

    outcome = await run(action(values("a"), result=keys), Provider([answer()]))

    assert (outcome.data, outcome.extra, outcome.next) == (1, {"total": 7}, "n2")


async def test_a_result_whose_data_is_absent_gives_null() -> None:
    keys = {"data": "$.steps.a.output.nope", "total": 7}

    outcome = await run(action(values("a"), result=keys), Provider([answer()]))

    assert (outcome.data, outcome.extra) == (None, {"total": 7})


@pytest.mark.parametrize(("text", "data"), [("$.steps.a.output.data", 1), ("$.nope", None)])
async def test_a_result_may_be_a_single_expression(text: str, data: object) -> None:
    assert await result(values("a"), result=text) == data


async def test_a_credential_does_not_get_into_a_result_in_strict_mode() -> None:
    mapping = {
        "dataSource": "$.inputs",
        "fields": [
            {"targetFieldKey": "v", "type": "string", "expression": "$.credentials.token"},
        ],
    }
    steps = [step("map_fields", mapping, step_id="a", version="2")]
    keys = {"mapped": "$.steps.a.output.data", "token": "$.credentials.token", "all": "$..token"}
    provider = Provider([answer()])

    strict = await run(action(*steps, result=keys), provider, {"x": 1})
    renewed = await run(
        action(*steps, result=keys), provider, {"x": 1}, flow="refresh_authentication"
    )

    assert CREDENTIALS["token"] not in str(strict)
    assert renewed.data["token"] == CREDENTIALS["token"]
    assert renewed.data["mapped"] == {"v": CREDENTIALS["token"]}


async def test_without_a_result_the_last_steps_data_is_given() -> None:
    outcome = await run(action(values("a"), values("b", [2])), Provider([answer()]))

    assert outcome.data == [2]


async def test_old_mappings_build_the_result_itself() -> None:
    fields = [
        {"targetFieldKey": "name", "type": "string", "expression": "$.a.output.data.n"},
        {"targetFieldKey": "count", "type": "number", "expression": "$.a.output.data.c"},
    ]
    steps = [
        values("a", {"n": "Al", "c": "3"}),
        step("map_fields", {}, step_id="m"),
        step("typecast", {}, step_id="t"),
    ]

    outcome = await run(action(*steps, fieldConfigs=fields), Provider([answer()]))

    assert outcome.data == {"name": "Al", "count": 3}


async def test_field_configs_serve_the_steps_without_fields() -> None:
    fields = [{"targetFieldKey": "n", "type": "number", "expression": "$.count"}]
    steps = [
        values("a", [{"count": "3"}]),
        step("map_fields", {"dataSource": "$.steps.a.output.data"}, step_id="m", version="2"),
        step("typecast", {"dataSource": "$.steps.m.output.data"}, step_id="b", version="2"),
    ]

    assert (await result(*steps, fieldConfigs=fields))["b"]["output"]["data"] == [{"n": 3}]


async def test_an_object_field_takes_its_expression_in_strict_mode() -> None:
    inner = [{"targetFieldKey": "city", "type": "string", "expression": "$.town"}]
    fields = [
        {"targetFieldKey": "home", "type": "object", "expression": "$.addr", "properties": inner},
        {"targetFieldKey": "raw", "type": "object", "expression": "$.addr"},
    ]
    source = values("a", {"addr": {"town": "Ulm"}})
    mapping = {"dataSource": "$.steps.a.output.data", "fields": fields}

    found = await result(source, step("map_fields", mapping, step_id="b", version="2"))

    assert found["b"]["output"]["data"] == {"home": {"city": "Ulm"}, "raw": {"town": "Ulm"}}


@pytest.mark.parametrize(
    ("matcher", "given", "expected"),
    [
        ("country_alpha2code_by_country_name", "United", "unmapped_value"),
        ("country_alpha2code_by_country_name", "germany", "DE"),
        ("country_alpha2code_by_citizenship", "french", "FR"),
        ("country_subdivision_code_by_subdivision_name", "Sao Paulo", "BR-SP"),
        ("document_file_format_from_extension", "application/pdf", "unmapped_value"),
    ],
)
async def test_names_are_not_guessed_in_strict_mode(
    matcher: str, given: str, expected: str
) -> None:
    field = {
        "targetFieldKey": "v",
        "type": "enum",
        "expression": "$.v",
        "enumMapper": {"matcher": matcher},
    }
    mapping = {"dataSource": "$.steps.a.output.data", "fields": [field]}
    steps = values("a", {"v": given}), step("map_fields", mapping, step_id="b", version="2")

    found = await result(*steps)

    assert found["b"]["output"]["data"]["v"] == {"value": expected, "source_value": given}


def test_actions_are_compiled_once_and_only_when_used() -> None:
    good = {"actionId": "good", "steps": [request()]}
    bad = {"actionId": "bad", "steps": [{"stepId": "x"}]}
    compiled = connector(good, bad)

    assert compiled.action("good") is compiled.action("good")
    assert compiled.action("good").id == "demo_good"
    with pytest.raises(InvalidStep):
        compiled.action("bad")
    with pytest.raises(KeyError):
        compiled.action("nope")


def test_a_connector_says_what_it_is() -> None:
    compiled = CompiledConnector(document())

    assert (compiled.key, compiled.version, compiled.mode) == ("demo", "1.2.3", "strict")
    assert CompiledConnector({"info": {"key": "x"}}).mode == "compat"


async def test_an_inline_action_runs_like_any_other() -> None:
    provider = Provider([answer({"id": 1})])
    inline = connector().inline({"steps": [request("/me")], "result": "$.steps.ask.output.data"})

    outcome = await run(inline, provider, flow="test_action")

    assert outcome.data == {"id": 1}


async def test_a_run_tells_its_trace_what_happens() -> None:
    class Trace:
        def __init__(self) -> None:
            self.told: list[tuple] = []

        def step_started(self, step_id: str, function: str) -> None:
            self.told.append(("started", step_id, function))

        def requested(self, step_id: str, request: object) -> None:
            self.told.append(("requested", step_id, request.url))

        def not_sent(self, step_id: str) -> None:
            self.told.append(("not sent", step_id))

        def answered(self, step_id: str, response: object, *, seconds: float) -> None:
            self.told.append(("answered", step_id, response.status))

        def step_ended(self, step_id: str, state: str, output: dict) -> None:
            self.told.append(("ended", step_id, state))

    trace = Trace()
    skipped = values("b", condition="{{false}}")

    await run(action(request("/x"), skipped), Provider([answer({})]), trace=trace)

    assert trace.told == [
        ("started", "ask", "request"),
        ("requested", "ask", "https://api.example.com/x"),
        ("answered", "ask", 200),
        ("ended", "ask", "done"),
        ("started", "b", "static_values"),
        ("ended", "b", "skipped"),
    ]


async def test_a_run_says_what_each_text_of_a_step_comes_to() -> None:
    told: list[tuple[str, str, object]] = []
    document = request(
        "/users/${inputs.id}",
        args=[{"name": "q", "value": "{{inputs.q}}", "in": "query"}],
        authorization={"type": "bearer", "token": "$.credentials.token"},
    )

    await run(
        action(document, inputs=[{"name": "id", "type": "string", "in": "path"}]),
        Provider([answer({})]),
        inputs={"id": "7"},
        explain=lambda *each: told.append(each),
    )

    assert ("stepFunction.parameters.url", "/users/${inputs.id}", "/users/7") in told
    assert ("stepFunction.parameters.args[0].value", "{{inputs.q}}", None) in told
    assert not [place for place, _, _ in told if "authorization" in place]


def test_expressions_about_each_record_are_not_explained_before_there_is_one() -> None:
    parameters = {"dataSource": "$.inputs.rows", "fields": [{"expression": "$.id"}]}
    step = {"stepFunction": {"functionName": "map_fields", "parameters": parameters}}

    told = explain(step, {"inputs": {"rows": []}}, "strict")

    assert [path for path, _, _ in told] == ["stepFunction.parameters.dataSource"]

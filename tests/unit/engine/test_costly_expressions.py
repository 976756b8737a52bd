"""Expressions cost a run a bounded time, and the event loop next to none of it."""

import asyncio

import pytest

from jackfield.engine.action import CompiledAction
from jackfield.engine.expressions import meter
from jackfield.engine.expressions.errors import ExpressionsTooCostly
from tests.support.standstill import MOST_SECONDS, longest_standstill
from tests.unit.engine.building import Provider, action, answer, request, run, step

pytestmark = pytest.mark.anyio

LISTED = {"rows": list(range(240_000))}
# Each looks at every pair, which is all that one evaluation may do.
PAIRS = "{{includesSome(inputs.many, inputs.others)}}"
TESTS = "{{" + " || ".join(["includesSome(data.many, data.others)"] * 4) + "}}"
MANY = {"many": list(range(650)), "others": list(range(1000, 1650))}
INPUTS = [{"name": name, "type": "array", "in": "body"} for name in MANY]


def values(count: int) -> dict:
    return step("static_values", {"values": {f"v{n}": PAIRS for n in range(count)}}, step_id="make")


def filtering() -> CompiledAction:
    return action(
        request(),
        step("static_values", {"values": {"x": "$.steps.ask.output.data.rows[?(@ > 5)]"}}, step_id="s"),
        result={"data": "$.steps.ask.output.data.rows[?(@ > 239997)]"},
    )  # fmt: skip


ACTIONS = {
    "a step": action(values(8), inputs=INPUTS),
    "arguments": action(
        request(args=[{"name": f"a{n}", "in": "query", "value": PAIRS} for n in range(8)]),
        inputs=INPUTS,
    ),
    "conditions": action(
        *(step("static_values", {"values": "x"}, step_id=f"s{n}", condition=PAIRS) for n in range(8)),
        inputs=INPUTS,
    ),
    "an iteration": action(
        step("static_values", {"values": PAIRS}, iterator="$.inputs.few"),
        inputs=[*INPUTS, {"name": "few", "type": "array", "in": "body"}],
    ),
    "a result": action(request(), result={"data": [PAIRS] * 8}, inputs=INPUTS),
    "errors that are explained": action(
        request(customErrors=[{"receivedStatus": 200, "targetStatus": 400, "condition": TESTS}]),
        inputs=INPUTS,
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("where", ACTIONS)
async def test_costly_expressions_hold_the_loop_up_nowhere(where: str) -> None:
    provider = Provider([answer(MANY)])
    inputs = {**MANY, "few": list(range(8))}

    async def work() -> None:
        await run(ACTIONS[where], provider, inputs)

    assert await longest_standstill(work) < MOST_SECONDS


@pytest.mark.slow
async def test_a_filter_over_many_rows_holds_the_loop_up_nowhere() -> None:
    compiled, provider = filtering(), Provider([answer(LISTED)])

    async def work() -> None:
        done = await run(compiled, provider)
        assert done.data == [239_998, 239_999]

    assert await longest_standstill(work) < MOST_SECONDS


@pytest.mark.slow
async def test_many_small_steps_in_a_row_leave_others_their_turn() -> None:
    compiled = action(
        step("static_values", {"values": {"x": "{{upper(iterator.item)}}"}}, iterator="$.inputs.all"),
        inputs=[{"name": "all", "type": "array", "in": "body"}],
    )  # fmt: skip

    async def work() -> None:
        await run(compiled, Provider([answer()]), {"all": ["a"] * 10_000})

    assert await longest_standstill(work) < MOST_SECONDS


async def test_the_expressions_of_a_run_have_one_budget_and_say_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(meter, "_RUN", 1_000_000)
    within = await run(action(values(2), inputs=INPUTS), Provider([answer()]), MANY)

    with pytest.raises(ExpressionsTooCostly, match="ask for less at once"):
        await run(
            action(values(1), *(values(1) for _ in range(5)), inputs=INPUTS), Provider([]), MANY
        )

    assert within.data == {"v0": False, "v1": False}


async def test_runs_beside_each_other_have_a_budget_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter, "_RUN", 1_000_000)
    compiled = action(values(2), inputs=INPUTS)

    done = await asyncio.gather(*(run(compiled, Provider([answer()]), MANY) for _ in range(4)))

    assert [each.data for each in done] == [{"v0": False, "v1": False}] * 4

import json
from pathlib import Path

import pytest

from jackfield.testing.vectors import evaluate_case
from tests.unit.engine.comparing import difference, same

VECTORS = Path(__file__).parent / "vectors"
EXPRESSIONS = json.loads((VECTORS / "expressions.json").read_text("utf-8"))
STEPS = json.loads((VECTORS / "steps.json").read_text("utf-8"))
OBSERVED = json.loads((VECTORS / "observed.json").read_text("utf-8"))
# What a case has where it does not say otherwise.
DEFAULTS = {
    "baseUrl": "https://provider.test",
    "authentication": {"custom": {"production": {"authorization": {"type": "none"}}}},
}


@pytest.mark.parametrize("case", EXPRESSIONS["cases"], ids=lambda case: case["id"])
def test_an_expression_gives_what_the_published_engine_gives(case: dict) -> None:
    context = EXPRESSIONS["contexts"][case["context"]]

    given = evaluate_case({**case, "kind": "expression", "context": context})

    accepted = [case["expect"], *case.get("accept", [])]
    assert any(
        "error" in given if "error" in wanted else same(given.get("value"), wanted["value"])
        for wanted in accepted
    ), given


@pytest.mark.parametrize("case", STEPS, ids=lambda case: case["id"])
def test_a_step_does_what_the_published_engine_does(case: dict) -> None:
    given = evaluate_case({**case, "kind": "step"})

    accepted = [case["expect"], *case.get("accept", [])]
    differences = [difference(given, wanted) for wanted in accepted]
    assert None in differences, differences[0]


@pytest.mark.parametrize("case", OBSERVED["cases"], ids=lambda case: case["id"])
def test_a_step_does_in_corners_what_the_published_engine_does(case: dict) -> None:
    requests = [{"headers": {}, "body": "", **sent} for sent in case["expect"]["requests"]]
    block = OBSERVED["blocks"][case["block"]]
    params = {**DEFAULTS, **case["params"]}

    given = evaluate_case({**case, "kind": "step", "params": params, "block": block})

    # Headers of an answer depend on the server that gave it.
    (given.get("value", {}).get("output") or {}).pop("headers", None)
    assert difference(given, {**case["expect"], "requests": requests}) is None

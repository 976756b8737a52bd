"""Steps whose parameters or state have been tampered with: an answer or an error, nothing else."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackfield.testing.vectors import evaluate_case
from jackfield.vault.signing import KeySigner

STEPS = json.loads((Path(__file__).parent / "vectors" / "steps.json").read_text("utf-8"))
STRANGE = [
    None,
    True,
    -1,
    1.5,
    10**20,
    "",
    "x",
    "$.inputs.id",
    "$bad",
    "{{bad ++}}",
    "${inputs.nope}",
    "{{ {a: [nope]} }}",
    "\ud800",
    [],
    {},
    [None],
    {"a": 1},
    ["$.x"],
]


def places(value: object, path: tuple = ()) -> Iterator[tuple]:
    if path:
        yield path
    entries = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, inner in entries:
        yield from places(inner, (*path, key))


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(STEPS),
    st.sampled_from(["params", "block"]),
    st.sampled_from(["compat", "strict"]),
    st.data(),
)
def test_no_step_raises_whatever_stands_in_it(
    case: dict, part: str, mode: str, data: st.DataObject
) -> None:
    tampered = {**copy.deepcopy(case), "kind": "step", "mode": mode}
    for _ in range(data.draw(st.integers(1, 3))):
        found = list(places(tampered[part]))
        if not found:
            break
        *above, last = data.draw(st.sampled_from(found))
        holder = tampered[part]
        for key in above:
            holder = holder[key]
        holder[last] = copy.deepcopy(data.draw(st.sampled_from(STRANGE)))

    given_back = evaluate_case(tampered, signer=KeySigner())

    assert ("value" in given_back) != ("error" in given_back)

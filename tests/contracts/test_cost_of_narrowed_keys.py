"""What a narrowed key costs a call, counted: a few functions, and the database only for its calls."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.counted_calls import CountedHub, Counts, counted_hub

pytestmark = pytest.mark.anyio
ACTION = {"action": "iterable_list_channels"}
TOOL = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "iterable_list_channels", "arguments": {}},
}
STATEMENTS = {"Tx.one", "Tx.all", "SqliteDatabase.unscoped"}
MOST = 45


async def fewest(hub: CountedHub, path: str, body: object) -> Counts:
    """Return the counts of the request that took fewest, of those whose caches are warm."""
    counted = [Counts() for _ in range(12)]
    for each in counted:
        await hub.post(path, body, each)
    return min(counted, key=lambda each: each.total)


def statements(counts: Counts) -> int:
    return sum(number for code, number in counts.python.items() if code.co_qualname in STATEMENTS)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "body"), [("/actions/rpc", ACTION), ("/mcp", TOOL)], ids=["action", "tool"]
)
async def test_a_narrowed_key_takes_a_few_functions_and_no_statement(
    tmp_path: Path, path: str, body: object
) -> None:
    async with counted_hub(tmp_path) as hub:
        limits = {"origin_owner_id": "a", "actions": ["iterable_list_*"], "effects": ["read"]}
        minted = await hub.post("/jackfield/keys", limits)
        counted = await hub.post("/jackfield/keys", {**limits, "calls": 100})

        plain = await fewest(hub, path, body)
        narrowed = await fewest(replace(hub, key=minted["key"]), path, body)
        with_calls = await fewest(replace(hub, key=counted["key"]), path, body)

    assert narrowed.total - plain.total <= MOST
    assert statements(narrowed) == statements(plain) == 0
    # One: it is entered, and gone on with when the database has done it.
    assert statements(with_calls) == 2

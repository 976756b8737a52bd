import contextlib

import pytest

from jackfield.actions.dry_run import DryRunTransport
from jackfield.engine.ports import Request
from jackfield.engine.run_context import ActionResult
from jackfield.kit.errors import ProviderUnavailable

pytestmark = pytest.mark.anyio


async def test_a_dry_run_ends_with_the_first_request_also_where_a_failing_step_is_passed_over() -> (
    None
):
    transport, sent = DryRunTransport(), list[str]()

    async def run() -> ActionResult:
        for url in ("https://a.example", "https://b.example"):
            sent.append(url)
            with contextlib.suppress(Exception):
                await transport.send(Request("GET", url))
        return ActionResult(None)

    found = await transport.first_request(run())

    assert found == Request("GET", "https://a.example")
    assert sent == ["https://a.example"]


async def test_a_dry_run_without_a_request_has_the_outcome_of_the_run() -> None:
    async def run() -> ActionResult:
        return ActionResult({"n": 1})

    assert await DryRunTransport().first_request(run()) == ActionResult({"n": 1})


async def test_what_goes_wrong_before_the_first_request_is_said() -> None:
    async def run() -> ActionResult:
        raise ProviderUnavailable

    with pytest.raises(ProviderUnavailable):
        await DryRunTransport().first_request(run())

"""Writes that a fault of the hub broke off."""

import pytest

from jackfield.actions.models import OutcomeUnknown
from jackfield.actions.repeated_writes import run_unless_repeated
from jackfield.kit import request_context
from jackfield.kit.headers import RequestHeaders
from tests.support.running import Running

pytestmark = pytest.mark.anyio


async def test_a_write_that_a_fault_of_the_hub_broke_off_is_not_carried_out_again(
    hub: Running,
) -> None:
    runs = []

    async def break_off() -> None:
        runs.append(1)
        msg = "a fault of ours"
        raise RuntimeError(msg)

    async def is_gone() -> bool:
        return False

    request = request_context.bind("req_1", RequestHeaders([]))
    request.is_client_gone, request.project_id = is_gone, hub.project.id
    with pytest.raises(RuntimeError):
        await run_unless_repeated(hub.hub, ["create"], break_off)

    with pytest.raises(OutcomeUnknown):
        await run_unless_repeated(hub.hub, ["create"], break_off)
    assert runs == [1]

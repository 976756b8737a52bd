"""A name that leads elsewhere each time it is looked up."""

from collections.abc import AsyncGenerator
from ipaddress import ip_network

import pytest

from jackfield.egress.client import Egress, OutboundRequest
from jackfield.egress.rewrite import Rewrites
from jackfield.kit.errors import EgressBlocked
from tests.support import names
from tests.support.scripted import ScriptedServer, reply, scripted

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """Run on the event loop of a server."""
    return "asyncio", {"use_uvloop": True}


NAME = "rebound.example"
# 127.0.0.2 stands for the public address, which no test can reach: its network alone is allowed.
ALLOWED, INSIDE = "127.0.0.2", "127.0.0.1"


@pytest.fixture
async def server() -> AsyncGenerator[ScriptedServer]:
    """Listen at both addresses, on one port."""
    async with scripted(reply(), host="0.0.0.0") as listening:
        yield listening


@pytest.mark.parametrize(
    ("answers", "reached"),
    [
        ([[ALLOWED], [INSIDE]], [True, False]),
        ([[INSIDE], [ALLOWED]], [False, True]),
        ([[ALLOWED, INSIDE], [INSIDE, ALLOWED]], [False, False]),
        ([[ALLOWED], [ALLOWED]], [True, True]),
    ],
    ids=["later", "earlier", "both at once", "never"],
)
async def test_a_name_that_leads_inside_when_it_is_asked_again_reaches_nothing_there(
    server: ScriptedServer,
    monkeypatch: pytest.MonkeyPatch,
    answers: list[list[str]],
    reached: list[bool],
) -> None:
    left = iter(answers)
    names.resolve(monkeypatch, NAME, lambda: next(left))
    port = server.url.rpartition(":")[2]
    found: list[bool] = []
    for _ in answers:
        # Another process each time: one alone would remember the name's address for a while.
        egress = Egress(rewrites=Rewrites(), allow_private=(ip_network(f"{ALLOWED}/32"),))
        try:
            await egress.fetch(OutboundRequest("GET", f"http://{NAME}:{port}/"))
            found.append(True)
        except EgressBlocked:
            found.append(False)
        finally:
            await egress.close()

    assert found == reached
    assert len(server.seen) == sum(reached)

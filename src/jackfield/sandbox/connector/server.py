"""
A sandbox of any connector, in a program of one's own.

    async with serve(connector) as sandbox:
        sandbox.url                              # every origin of the provider leads here
        sandbox.provider_rewrite                 # for JACKFIELD_PROVIDER_REWRITE
        login = sandbox.login("api_key")         # `credentials` and `setup`, to be filled in
        sandbox.clock.advance(3600)              # seconds
        sandbox.add_fault(kind="error", error="key_revoked", times=1)
        sandbox.requests("list_contacts")        # what came in, as `journal.Entry`
        sandbox.sample_inputs("get_contact")     # of something that is there

The provider's answers are those of the connector's cases, and else what its outlines say.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from jackfield.connectors.connector import Connector
from jackfield.kit.clock import Clock, system_clock
from jackfield.kit.json import Json, convert_decoded
from jackfield.sandbox.connector.app import ConnectorApp
from jackfield.sandbox.connector.credentials import Login
from jackfield.sandbox.connector.faults import Fault
from jackfield.sandbox.connector.journal import Entry
from jackfield.sandbox.connector.provider import read_provider
from jackfield.sandbox.connector.sample_inputs import sample_inputs
from jackfield.sandbox.connector.sign_in import register
from jackfield.sandbox.connector.state import State, start
from jackfield.sandbox.listener import Scope, listen
from jackfield.sandbox.oauth.authority import start as start_authority
from jackfield.sandbox.oauth.dialects import find_dialect
from jackfield.sandbox.transmission import Receive, Send
from jackfield.sandbox.turnable_clock import TurnableClock


@dataclass(frozen=True, slots=True)
class ConnectorSandbox:
    """A sandbox that runs."""

    url: str
    state: State

    @property
    def clock(self) -> TurnableClock:
        return self.state.clock

    @property
    def provider_rewrite(self) -> str:
        return ",".join(f"{each}={self.url}" for each in self.state.provider.origins)

    @property
    def logins(self) -> list[Login]:
        return list(self.state.provider.logins)

    def login(self, method: str) -> Login:
        """
        Return what to fill in for an auth method.

        Raises:
            StopIteration: there is no such method.
        """
        return next(each for each in self.logins if each.method.key == method)

    def sample_inputs(self, action: str) -> dict[str, Json]:
        return sample_inputs(self.state.provider, self.state.store, action)

    def add_fault(self, **fault: Json) -> None:
        """Have an answer go wrong; see `faults.Fault`."""
        self.state.faults.add(convert_decoded(fault, Fault))

    def requests(self, action: str = "") -> list[Entry]:
        return [each for each in self.state.journal if action in {"", each.action}]


@asynccontextmanager
async def serve(
    connector: Connector,
    *,
    port: int = 0,
    clock: Clock = system_clock,
    redirect_uris: Sequence[str] = (),
) -> AsyncGenerator[ConnectorSandbox]:
    """
    Serve until the block is left; port 0 means any that is free.

    Without redirect URIs, any address of this machine is one.

    Raises:
        InvalidCase: a file of the connector's cases does not have the form of cases.
        PortUnavailable: the port is taken.
    """
    provider = read_provider(connector)
    app: ConnectorApp | None = None

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        assert app is not None
        await app(scope, receive, send)

    async with listen(answer, port) as url:
        authority = start_authority(url, clock)
        authority.dialect = find_dialect(provider.origins)
        for login in provider.logins:
            register(authority, provider, login, redirect_uris)
        state = start(provider, authority)
        app = ConnectorApp(state)
        yield ConnectorSandbox(url, state)

"""Calls of actions for tests and connectors' cases, which leave most of a run's context out."""

from collections.abc import Mapping

from jackfield.engine.ports import Signer, Transport
from jackfield.engine.run_context import RunContext
from jackfield.kit.json import Json


def make_run_context(
    transport: Transport,
    credentials: Mapping[str, str],
    *,
    inputs: Mapping[str, Json] | None = None,
    auth_method: str,
    environment: str = "production",
    signer: Signer | None = None,
) -> RunContext:
    """Return a run context without limits and identifiers; change the rest with `replace`."""
    return RunContext(
        inputs=inputs or {},
        credentials=credentials,
        transport=transport,
        auth_method=auth_method,
        environment=environment,
        identifiers={},
        limiter=None,
        signer=signer,
    )

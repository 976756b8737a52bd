"""Asking the provider whether it accepts a credential, as the connector says to."""

import structlog

from jackfield.accounts.credentials import Credentials
from jackfield.accounts.models import CredentialRejected
from jackfield.accounts.provider import ProviderTransport, safe
from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.connector import Connector
from jackfield.engine.run_context import RunContext
from jackfield.kit import redaction
from jackfield.kit.errors import Fault, ProviderError, ProviderRejected, ProviderUnauthorized
from jackfield.runtime import Hub

_SECONDS = 30

_log = structlog.get_logger()


async def check_credential(
    hub: Hub, connector: Connector, method: AuthMethod, credentials: Credentials
) -> None:
    """
    Run the connector's test actions with `credentials`.

    Raises:
        CredentialRejected: the provider refuses them; the faults say which field is to blame.
        ProviderError: the provider could not be asked.
    """
    redaction.learn(credentials.redactor)
    for test in method.test_actions:
        if not test.applies(credentials.values):
            continue
        call = RunContext(
            inputs={},
            credentials=credentials.values,
            transport=ProviderTransport(
                hub.egress, connector.compiled, credentials, seconds=_SECONDS
            ),
            auth_method=method.key,
            flow="test_action",
            deadline=_SECONDS,
            clock=hub.clock,
            sleep=hub.sleep,
        )
        try:
            await test.compiled.run(call)
        except ProviderError as error:
            refused = safe(error, credentials)
            if not test.is_required:
                _log.warning("optional_test_failed", connector=connector.key, code=error.code)
                continue
            if not isinstance(refused, ProviderUnauthorized | ProviderRejected):
                raise refused from None
            faults = [Fault(f"credentials.{each.path}", each.message) for each in refused.faults]
            raise CredentialRejected(refused.detail, faults=faults) from None

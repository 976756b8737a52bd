"""Asking the provider whether it accepts a credential, as the connector says to."""

import structlog

from jackfield.accounts.models import CredentialRejected
from jackfield.accounts.provider import ProviderAccount, ProviderTransport, run_context, safe
from jackfield.connectors.auth import AuthMethod
from jackfield.kit import redaction
from jackfield.kit.errors import Fault, ProviderError, ProviderRejected, ProviderUnauthorized
from jackfield.runtime import Hub

_SECONDS = 30

_log = structlog.get_logger()


async def check_credential(hub: Hub, account: ProviderAccount, method: AuthMethod) -> None:
    """
    Run the connector's test actions with the credentials of `account`.

    Raises:
        CredentialRejected: the provider refuses them; the faults say which field is to blame.
        ProviderError: the provider could not be asked.
    """
    connector, credentials = account.connector, account.credentials
    redaction.learn(credentials.redactor)
    transport = ProviderTransport(hub.egress, connector.compiled, credentials, seconds=_SECONDS)
    for test in method.test_actions:
        if not test.applies(credentials.values):
            continue
        call = run_context(hub, account, transport, deadline=_SECONDS, flow="test_action")
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

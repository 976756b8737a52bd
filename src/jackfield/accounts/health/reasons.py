"""Reasons why an account does not work: from a refusal to a code, words and the step that mends it."""

from jackfield.accounts.access import AccountAccess
from jackfield.accounts.models import CredentialRejected, MendingStep, StatusReason
from jackfield.runtime import Hub

_FIELD = "credentials."


def reason_of(hub: Hub, access: AccountAccess, rejected: CredentialRejected) -> StatusReason:
    """Return the reason that a rejection of an account's credentials is."""
    code = rejected.code if rejected.known is None else rejected.known.cause
    step = _find_step(hub, access, rejected)
    return StatusReason(code, rejected.detail, hub.clock(), step=step)


def _find_step(hub: Hub, access: AccountAccess, rejected: CredentialRejected) -> MendingStep | None:
    """Return the step that the connector names or, failing that, the one about the field to blame."""
    connector, method = access.connector, access.method
    named = None if rejected.known is None else rejected.known.step
    fields = {fault.path.removeprefix(_FIELD) for fault in rejected.faults}
    page = f"{hub.public_url}/docs/connectors/{connector.key}/guides/link-account/{method.key}"
    for section in () if method.config_guide is None else method.config_guide.sections:
        for step in section.steps:
            if step.title == named if named else step.field in fields:
                return MendingStep(section.title, step.title, f"{page}#{step.anchor}")
    return None

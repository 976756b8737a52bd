"""Noting the steps of linking, for the operator: never what was typed, and to nobody else."""

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Final

from jackfield.connect.models import InvalidFields
from jackfield.connect.repo import Holder
from jackfield.connect.steps.models import LinkStep
from jackfield.connect.steps.repo import append_step
from jackfield.connectors.auth import AuthMethod
from jackfield.kit.errors import HubError
from jackfield.runtime import Hub

_FIELD: Final = "credentials."


def note(
    hub: Hub,
    holder: Holder,
    step: LinkStep,
    connector_key: str | None = None,
    details: Iterable[str] = ("",),
) -> None:
    """Note that a session came to a step, for each of its details; does not wait."""
    for detail in details:
        append_step(
            hub.write_buffer,
            holder.project_id,
            session_id=holder.session.id,
            step=step,
            connector_key=connector_key or "",
            detail=detail,
            at=hub.clock(),
        )


def note_sign_in(hub: Hub, holder: Holder, connector_key: str | None) -> None:
    """Note that a browser was sent to the provider's own page."""
    note(hub, holder, LinkStep.SIGN_IN, connector_key)


def note_refusal(hub: Hub, holder: Holder, connector_key: str | None, error: HubError) -> None:
    """Note why an attempt failed."""
    note(hub, holder, LinkStep.REFUSED, connector_key, [error.code])


@contextmanager
def noting_faults(
    hub: Hub, holder: Holder, connector_key: str, method: AuthMethod
) -> Generator[None]:
    """Note which fields were refused, if some are."""
    try:
        yield
    except InvalidFields as refused:
        # Names of other fields are what somebody typed.
        known = {field.key for field in method.config_fields}
        named = {each.path.removeprefix(_FIELD) for each in refused.faults} & known
        note(hub, holder, LinkStep.FAULTY, connector_key, sorted(named) or ("",))
        raise


@contextmanager
def noting_attempt(hub: Hub, holder: Holder, connector_key: str) -> Generator[None]:
    """Note that the provider is asked, and whether an account is linked then or why not."""
    note(hub, holder, LinkStep.SUBMITTED, connector_key)
    try:
        yield
    except HubError as error:
        note_refusal(hub, holder, connector_key, error)
        raise
    note(hub, holder, LinkStep.LINKED, connector_key)

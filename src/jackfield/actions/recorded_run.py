"""A run whose end is recorded, and told to its caller as far as it is known."""

import asyncio
from types import TracebackType
from typing import Final

import structlog
from msgspec import Struct, field

from jackfield.accounts import decoy_alarm
from jackfield.accounts import service as accounts
from jackfield.accounts.decoys.models import Touch
from jackfield.accounts.models import Account, CredentialsUnreadable
from jackfield.actions import run_recorder
from jackfield.actions.models import OutcomeUnknown, RequestTimeout, RunInterrupted
from jackfield.actions.run_recorder import UNCLEAR, RunOutcome, RunRecorder
from jackfield.kit import spans
from jackfield.kit.errors import (
    AnswerTooDeep,
    HubError,
    ProviderError,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnauthorized,
)
from jackfield.kit.ids import ProjectId
from jackfield.kit.json import Json
from jackfield.kit.secret_names import also_secret
from jackfield.projects import service as projects
from jackfield.runtime import Hub

# Of these exactly: what descends from the last tells of an answer that was of no use.
_REFUSALS: Final = frozenset({ProviderRejected, ProviderUnauthorized, ProviderError})

_log = structlog.get_logger()


class RecordedRun(Struct):
    """
    A block whose end is recorded: `async with RecordedRun(…) as outcome`.

    Credentials that were rejected are verified: one action's 401 may be about that action alone. An
    error that leaves the block gets its `may_have_written` set.

    Raises:
        RequestTimeout: the run's deadline ended the block.
        OutcomeUnknown: a write was sent, and its outcome is unknown.
        AnswerTooDeep: the provider's answer is nested too deep.
    """

    hub: Hub
    project_id: ProjectId
    recorder: RunRecorder
    inputs: Json
    outcome: RunOutcome = field(default_factory=RunOutcome)

    async def __aenter__(self) -> RunOutcome:
        if self.hub.tracer is not None:
            spans.begin(self.hub.tracer)
        return self.outcome

    async def __aexit__(
        self, _kind: object, raised: BaseException | None, _trace: TracebackType | None
    ) -> None:
        # What is no error of ours is a fault of the hub.
        error = None if raised is None else HubError()
        try:
            if raised is not None:
                error = await self._known(raised) or error
        finally:
            left_out: tuple[str, ...] = ()
            try:
                settings = await projects.project_settings(self.hub, self.project_id)
                left_out = settings.redacted_fields
            finally:
                # Also where they cannot be read: what ran is logged. Few projects name any.
                if left_out:
                    with also_secret(left_out):
                        self.recorder.finish(self.outcome.status, error)
                else:
                    self.recorder.finish(self.outcome.status, error)
            if settings.correlation_headers:
                self.recorder.keep_headers(settings.correlation_headers)
            if settings.advanced_logs:
                with also_secret(left_out):
                    await _keep_bodies(self.recorder, self.inputs, self.outcome.output)
        access = self.recorder.access
        if access is not None and access.is_decoy:
            await self._alarm(access.account)
        if error is None or not isinstance(raised, HubError | RecursionError):
            return
        error.may_have_written = self.recorder.may_have_written
        if error is not raised:
            raise error from (raised if isinstance(raised, HubError) else None)

    async def _alarm(self, account: Account) -> None:
        recorder = self.recorder
        await decoy_alarm.touched(
            self.hub,
            self.project_id,
            recorder.actor,
            account,
            Touch.RUN,
            action=recorder.action_id,
        )

    async def _known(self, raised: BaseException) -> HubError | None:
        """Return what is known of a run that ended with `raised`; `None` if that is nothing."""
        recorder = self.recorder
        if isinstance(raised, ProviderUnauthorized | CredentialsUnreadable):
            if recorder.access is not None:
                raised.relink = await accounts.recheck(
                    self.hub,
                    self.project_id,
                    recorder.actor,
                    recorder.access.account,
                    refused=raised,
                )
            return raised
        if isinstance(raised, HubError):
            is_late = (
                isinstance(raised, ProviderTimeout)
                and recorder.elapsed >= run_recorder.LIFE_SECONDS
            )
            return _known(recorder, RequestTimeout() if is_late else raised)
        if isinstance(raised, RecursionError):
            # The depth of requests is limited before: it is the response.
            return _known(recorder, AnswerTooDeep())
        if isinstance(raised, asyncio.CancelledError | GeneratorExit):
            return _known(recorder, RunInterrupted())
        return None


def _known(recorder: RunRecorder, error: HubError) -> HubError:
    """Return what is known of a run that ended with `error`."""
    is_unknown = _is_unclear(error) and recorder.may_have_written
    return OutcomeUnknown.after(error) if is_unknown else error


def _is_unclear(error: HubError) -> bool:
    """Tell whether `error` is anything but the provider's own word that it refused."""
    if not isinstance(error, ProviderError) or type(error) not in _REFUSALS:
        return True
    return error.answer is not None and error.answer.status in UNCLEAR


async def _keep_bodies(recorder: RunRecorder, inputs: Json, output: Json) -> None:
    try:
        await recorder.keep_bodies(inputs, output)
    except RecursionError:
        _log.warning("bodies_too_deep", run_id=recorder.id)
    except HubError as error:
        _log.warning("bodies_not_kept", run_id=recorder.id, code=error.code)

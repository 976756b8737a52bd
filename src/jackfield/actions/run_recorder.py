"""Recorder of a run's steps and provider exchanges; writes one log row when the run ends."""

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from typing import Final, cast

import structlog
from msgspec import Struct, field

from jackfield.accounts.access import AccountAccess, open_credentials
from jackfield.actions.credential_use import note_use
from jackfield.actions.run_log import log_run
from jackfield.connectors.action import ActionInfo, is_write
from jackfield.connectors.connector import Connector
from jackfield.engine.ports import Request, Response, StepState
from jackfield.kit import request_context
from jackfield.kit.actor import Actor, ActorKind
from jackfield.kit.errors import (
    HubError,
)
from jackfield.kit.ids import ProjectId, RunId
from jackfield.kit.json import Json
from jackfield.kit.redaction import NOTHING, Redactor
from jackfield.kit.secret_names import is_secret_name
from jackfield.logs.correlation.repo import append_headers
from jackfield.logs.runs.models import Body, Exchange, ExchangeBodies, Run, RunBodies, StepRecord
from jackfield.logs.runs.repo import append_bodies, encode_bodies
from jackfield.projects.correlation_headers import kept_headers
from jackfield.runtime import Hub

LIFE_SECONDS: Final = 60.0

_LONGEST_MESSAGE: Final = 2000
_LONGEST_BODY: Final = 64 * 1024
_LONGEST_URL: Final = 2000
_MOST_STEPS: Final = 100
_MOST_EXCHANGES: Final = 100
_MOST_BODIES: Final = 20
_OK: Final = 200
_REFUSED: Final = 400
_FAILED: Final = 500
_TELLING: Final = re.compile(
    r"content-type|content-length|content-language|etag|last-modified|date|retry-after|deprecation"
    r"|sunset|warning|server-timing|(?:x-)?(?:request|correlation|trace)-id|x-amzn-requestid|cf-ray"
    r"|(?:x-)?(?:app-)?rate-?limit.*|x-.*-(?:limit|remaining|reset|version)"
)
# Says as little as a provider's failure about what became of the request.
UNCLEAR: Final = frozenset({408, 499, 501, 505})

_log = structlog.get_logger()


class _Sent(Struct):
    step_id: str
    request: Request
    started: float
    duration_ms: int = 0
    waited_ms: float = 0.0
    response: Response | None = None
    has_left: bool = True

    @property
    def was_refused(self) -> bool:
        status = None if self.response is None else self.response.status
        return status is not None and _REFUSED <= status < _FAILED and status not in UNCLEAR


class _Step(Struct):
    id: str
    function: str
    started: float
    ended: float = 0.0
    state: StepState = "failed"
    message: str | None = None
    sent: list[_Sent] = field(default_factory=list[_Sent])
    # The methods of requests beyond those that are recorded.
    unrecorded: set[str] = field(default_factory=set[str])


class RunOutcome(Struct):
    """The result of a run, for the log; `status` is the provider's if that is the run's."""

    output: Json = None
    status: int = _OK


class RunRecorder:
    """
    The trace of one run (see `jackfield.engine.ports.Trace`), and its entry in the log.

    `connector`, `action`, `access` and `redactor` are set as soon as they are known.
    """

    def __init__(
        self,
        hub: Hub,
        project_id: ProjectId,
        actor: Actor,
        *,
        action_id: str,
        account_id: str,
        source: str,
    ) -> None:
        self._hub = hub
        self._project_id = project_id
        self._started_at: Final = hub.clock()
        self._started: Final = time.perf_counter()
        self.actor: Final = actor
        self.action_id: Final = action_id
        self._account_id = account_id
        self._source = source
        self._steps: list[_Step] = []
        # The last of each id, and the last of all, which stands for those beyond the most.
        self._steps_by_id: dict[str, _Step] = {}
        self._last_step: _Step | None = None
        self.id: Final = RunId.new(self._started_at)
        self.redactor: Redactor = NOTHING
        self.access: AccountAccess | None = None
        self.connector: Connector | None = None
        self.action: ActionInfo | None = None
        if (asked := request_context.current()) is not None:
            asked.account_id, asked.action_id = account_id, action_id

    @property
    def elapsed(self) -> float:
        """The seconds that the run has taken so far."""
        return time.perf_counter() - self._started

    @property
    def may_have_written(self) -> bool:
        """Whether a request that may change something was sent, and not rejected."""
        return self._has_sent_write(with_refused=False)

    @property
    def has_sent_write(self) -> bool:
        """Whether a request that may change something was sent, rejected or not."""
        return self._has_sent_write(with_refused=True)

    def _has_sent_write(self, *, with_refused: bool) -> bool:
        if self.action is not None and self.action.only_reads:
            return False
        sent = {
            each.request.method
            for step in self._steps
            for each in step.sent
            if each.has_left and (with_refused or not each.was_refused)
        }.union(*(step.unrecorded for step in self._steps))
        may_write = is_write if self.action is None else self.action.may_write_with
        return any(map(may_write, sent))

    def step_started(self, step_id: str, function: str) -> None:
        if len(self._steps) < _MOST_STEPS:
            step = _Step(step_id, function, time.perf_counter())
            self._steps.append(step)
            self._steps_by_id[step_id] = self._last_step = step

    def requested(self, step_id: str, request: Request) -> None:
        step = self._steps_by_id.get(step_id, self._last_step)
        if step is None:
            return
        if len(step.sent) < _MOST_EXCHANGES:
            step.sent.append(_Sent(step_id, request, time.perf_counter()))
        else:
            step.unrecorded.add(request.method)

    def not_sent(self, step_id: str) -> None:
        step = self._steps_by_id.get(step_id, self._last_step)
        # The last one that is recorded may be another.
        if step is not None and step.sent and not step.unrecorded:
            step.sent[-1].has_left = False

    def answered(self, step_id: str, response: Response, *, seconds: float) -> None:
        step = self._steps_by_id.get(step_id, self._last_step)
        if step is not None and step.sent and not (step.unrecorded or step.sent[-1].response):
            sent = step.sent[-1]
            sent.response = response
            took = time.perf_counter() - sent.started
            sent.duration_ms = round(took * 1000)
            # The rest of the time, it waited for its turn.
            sent.waited_ms = (seconds - took) * 1000 // 1 if seconds > took else 0.0

    def response_started(self, status: int) -> None:
        """Record the status of the last response, whose body is streamed."""
        self.answered("", Response(status, {}, b""), seconds=0)
        self.step_ended("", "done", {})

    def step_ended(self, step_id: str, state: StepState, output: Mapping[str, Json]) -> None:
        step = self._steps_by_id.get(step_id, self._last_step)
        if step is not None:
            step.ended = time.perf_counter()
            step.state = state
            step.message = output.get("message") if state == "failed" else None

    def finish(self, status: int, error: HubError | None) -> None:
        """Append the run to the log."""
        request, access, connector = request_context.current(), self.access, self.connector
        account = None if access is None else access.account
        action = self.action
        key_id = None if request is None else request.key_id
        if key_id is None and self.actor.kind is ActorKind.DASHBOARD_SESSION:
            key_id = self.actor.id
        run = Run(
            id=self.id,
            account_id=self._account_id[:255],
            provider="" if connector is None else connector.key,
            action_id=self.action_id[:255],
            source=self._source,
            success=error is None and status < _REFUSED,
            status_code=status if error is None else error.status,
            error_code=None if error is None else error.code,
            message=None if error is None else self._masked(error.detail),
            started_at=self._started_at,
            # Without a call of ours, as each run comes by.
            duration_ms=round((time.perf_counter() - self._started) * 1000),
            request_id=None if request is None else request.request_id,
            key_id=key_id,
            user_agent=None if request is None else request.user_agent,
            profile_id=None if access is None else (access.narrowing or access.profile).id,
            connector_version=None if connector is None else connector.version,
            action_type=None if action is None else action.action_type,
            auth_method=None if account is None else account.auth_method,
            mode=None if account is None else account.type,
            origin_owner_id=None if account is None else account.origin_owner_id,
            origin_owner_name=None if account is None else account.origin_owner_name,
            steps=tuple(map(self._record, self._steps)),
        )
        log_run(self._hub, self._project_id, run, action)
        if access is not None:
            note_use(self._hub, self._project_id, self.actor, run, action)

    def report(self) -> dict[str, Json]:
        """Return the run so far as a client sees it: without credentials and bodies."""
        return {
            "action_run_id": self.id,
            "connector_version": None if self.connector is None else self.connector.version,
            "duration_ms": round(self.elapsed * 1000),
            "steps": [
                {
                    "step_id": record.id,
                    "step_function_name": record.function,
                    "state": record.state,
                    "message": record.message,
                    "duration_ms": record.duration_ms,
                    "requests": [
                        {
                            "method": each.method,
                            "url": each.url,
                            "status_code": each.status,
                            "duration_ms": each.duration_ms,
                            "headers": self._telling_headers(sent.response),
                        }
                        for each, sent in zip(record.exchanges, step.sent, strict=True)
                    ],
                }
                for step, record in ((each, self._record(each)) for each in self._steps)
            ],
        }

    def keep_headers(self, names: Sequence[str]) -> None:
        """Append the client's headers of these names to the write buffer of the log."""
        if (request := request_context.current()) is not None:
            kept = kept_headers(names, request.headers, self.redactor)
            append_headers(self._hub.write_buffer, self._project_id, self.id, kept)

    def _telling_headers(self, response: Response | None) -> dict[str, str]:
        """Return the headers of a response that tell of limits, of what it is, and who to ask."""
        if response is None:
            return {}
        return {
            name: self._masked(value)
            for name, value in response.headers.items()
            if _TELLING.fullmatch(name) and not is_secret_name(name)
        }

    async def keep_bodies(self, inputs: Json, output: Json) -> None:
        """
        Append inputs, output, headers and bodies to the write buffer of the log.

        The inputs of a run that failed before its account was known cannot be masked, and are left
        out.
        """
        if self.redactor is NOTHING:
            if self.access is None:
                inputs = None
            else:
                self.redactor = open_credentials(self._hub, self.access).redactor
        # They may be large, and so may what is to be masked in them.
        content = await asyncio.to_thread(self._bodies, inputs, output)
        append_bodies(self._hub.write_buffer, self._project_id, self.id, content)

    def _bodies(self, inputs: Json, output: Json) -> bytes:
        sent = [each for step in self._steps for each in step.sent][:_MOST_BODIES]
        bodies = RunBodies(
            inputs=self.redactor.value(inputs),
            output=self.redactor.value(output),
            exchanges=tuple(
                ExchangeBodies(
                    step_id=each.step_id,
                    request=self._body(each.request.headers, each.request.body),
                    response=each.response
                    and self._body(each.response.headers, each.response.body),
                )
                for each in sent
            ),
        )
        return encode_bodies(bodies)

    def _record(self, step: _Step) -> StepRecord:
        last = step.sent[-1].response if step.sent else None
        return StepRecord(
            id=step.id,
            function=step.function,
            state=step.state,
            status_code=None if last is None else last.status,
            message=None if step.message is None else self._masked(step.message),
            offset_ms=round((step.started - self._started) * 1000),
            duration_ms=round(((step.ended or time.perf_counter()) - step.started) * 1000),
            exchanges=tuple(
                [
                    Exchange(
                        each.request.method,
                        self.redactor.url(each.request.url)[:_LONGEST_URL],
                        None if each.response is None else each.response.status,
                        each.duration_ms,
                        # Without a call: every request of every run comes by.
                        (each.started - self._started) * 1000 // 1,
                        each.waited_ms,
                    )
                    for each in step.sent
                ]
            ),
        )

    def _masked(self, text: Json) -> str:
        return self.redactor.text(str(text))[:_LONGEST_MESSAGE]

    def _body(self, headers: Mapping[str, str], content: bytes | None) -> Body:
        shown = cast("Mapping[str, str]", self.redactor.value(headers))
        text = self.redactor.body(content or b"", _LONGEST_BODY)
        return Body(shown, text, len(content or b"") > _LONGEST_BODY)

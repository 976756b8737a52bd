"""The log of runs, and counts of them for metrics."""

from jackfield.connectors.action import ActionInfo, is_write
from jackfield.kit import spans
from jackfield.kit.counters import UNKNOWN, Counters, status_class
from jackfield.kit.ids import ProjectId
from jackfield.logs.account_use.notes import note_use
from jackfield.logs.runs.counts.models import OutcomeClass
from jackfield.logs.runs.models import Run
from jackfield.logs.runs.repo import append_run
from jackfield.runtime import Hub


def log_run(hub: Hub, project_id: ProjectId, run: Run, action: ActionInfo | None) -> None:
    """Append a run that has ended to the write buffer of the log; count it, and end its span."""
    append_run(hub.write_buffer, project_id, run)
    # Without a profile, no account of the project was found.
    if run.profile_id is not None:
        note_use(hub, project_id, run.account_id, run.id)
    if hub.counters is not None:
        _count(hub.counters, run, action)
    if hub.tracer is not None and (span := spans.take()) is not None:
        # What no connector has is named by the client.
        name = f"run {run.action_id}" if run.provider else "run"
        span.end(name, _attributes(run), error=run.error_code)


def _count(counters: Counters, run: Run, action: ActionInfo | None) -> None:
    connector = run.provider or UNKNOWN
    counters.runs.add(connector, _effect(run, action), run.source, _outcome(run))
    counters.run_seconds.observe(run.duration_ms / 1000, run.source)
    for step in run.steps:
        for exchange in step.exchanges:
            if exchange.status is None:
                counters.provider_requests.add(connector, "none")
            else:
                counters.provider_requests.add(connector, status_class(exchange.status))
                counters.provider_seconds.observe(exchange.duration_ms / 1000, connector)


def _attributes(run: Run) -> spans.Attributes:
    return {
        "jackfield.run": run.id,
        "jackfield.action": run.action_id,
        "jackfield.connector": run.provider or UNKNOWN,
        "jackfield.account": run.account_id,
        "jackfield.source": run.source,
        "jackfield.outcome": _outcome(run),
        "http.response.status_code": run.status_code,
    }


def _effect(run: Run, action: ActionInfo | None) -> str:
    if action is not None:
        return action.strongest_effect or UNKNOWN
    methods = [each.method for step in run.steps for each in step.exchanges]
    if not methods:
        return UNKNOWN
    return "write" if any(map(is_write, methods)) else "read"


def _outcome(run: Run) -> str:
    return OutcomeClass.of(
        success=run.success, status_code=run.status_code, error_code=run.error_code
    ).value

"""Uses of accounts' credentials by runs, for the audit log."""

from typing import Final

from jackfield.audit.tallies import Use
from jackfield.connectors.action import ActionInfo, is_write
from jackfield.kit.actor import Actor
from jackfield.kit.ids import ProjectId
from jackfield.logs.runs.models import Run
from jackfield.runtime import Hub

_MOST_HOSTS: Final = 10


def note_use(
    hub: Hub, project_id: ProjectId, actor: Actor, run: Run, action: ActionInfo | None
) -> None:
    """Note that a run sent its account's credentials somewhere, if it sent anything."""
    hosts: dict[str, None] = {}
    for step in run.steps:
        for exchange in step.exchanges:
            if len(hosts) < _MOST_HOSTS:
                # All of an address may be masked, if it is a secret.
                hosts[exchange.url.partition("://")[2].partition("/")[0] or "?"] = None
    if not hosts:
        return
    effect = (action and action.strongest_effect) or _effect(run, action)
    use: Use = (actor, run.account_id, run.action_id, effect, ", ".join(hosts), run.success)
    hub.tallies.note_use(project_id, use, run.started_at, run_id=run.id, request_id=run.request_id)


def _effect(run: Run, action: ActionInfo | None) -> str:
    """Return the effect of what says nothing of its own: a proxy call, or such an action."""
    may_write = is_write if action is None else action.may_write_with
    methods = {exchange.method for step in run.steps for exchange in step.exchanges}
    return "write" if any(map(may_write, methods)) else "read"

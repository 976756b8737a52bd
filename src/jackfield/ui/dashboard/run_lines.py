"""Runs as the rows of the Logs page."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from jackfield.kit.ids import ProjectId
from jackfield.logs.runs.models import Run
from jackfield.logs.search.query import source_word
from jackfield.projects.repo import ApiKeys
from jackfield.runtime import Hub

_SOURCES: Final = {"rest": "REST", "mcp": "MCP", "a2a": "A2A", "proxy": "Proxy", "cli": "CLI"}
_SECOND: Final = 1000
_TEN_SECONDS: Final = 10_000
_CLIENT_ERRORS: Final = range(400, 500)
# Of the provider, and not of the request or the project.
_OF_THE_PROVIDER: Final = "provider_"


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run with what its row shows beside it; `link` is its page's address after `/dashboard`."""

    run: Run
    tone: str
    effect: str | None
    asked_by: str
    source: str
    took: str
    link: str
    # What the provider answered last, where the run ended with another status.
    answered: int | None


async def run_lines(
    hub: Hub, project_id: ProjectId, runs: Iterable[Run], *, query: str
) -> list[RunLine]:
    """Return the rows of runs, whose pages lead back to the query."""
    async with hub.db.read(project_id) as tx:
        names: dict[str, str] = {key.id: key.name for key in await ApiKeys(tx).all()}
    suffix = f"?{urlencode({'q': query})}" if query else ""
    return [
        RunLine(
            run,
            tone_of(run),
            effect_of(hub, run),
            names.get(run.key_id or "", run.key_id or ""),
            source_title(run),
            duration(run.duration_ms),
            f"/logs/{run.id}{suffix}",
            answered_of(run),
        )
        for run in runs
    ]


def tone_of(run: Run) -> str:
    if run.success:
        return "good"
    is_own = run.status_code in _CLIENT_ERRORS and not (run.error_code or "").startswith(
        _OF_THE_PROVIDER
    )
    return "warn" if is_own else "bad"


def answered_of(run: Run) -> int | None:
    """Return the provider's last status, if it is not the run's own."""
    statuses = [each.status for step in run.steps for each in step.exchanges if each.status]
    return statuses[-1] if statuses and statuses[-1] != run.status_code else None


def effect_of(hub: Hub, run: Run) -> str | None:
    """Return the strongest effect of a run's action, as its connector has it today."""
    found = hub.catalog.find_action(run.action_id)
    return found[1].strongest_effect if found else None


def source_title(run: Run) -> str:
    return title_of_source(source_word(run))


def title_of_source(word: str) -> str:
    """Return how a source is shown that queries call by a word."""
    return _SOURCES.get(word, word.capitalize())


def duration(milliseconds: float) -> str:
    """Return a duration with three digits or so."""
    if milliseconds < _SECOND:
        return f"{round(milliseconds)} ms"
    digits = 1 if milliseconds >= _TEN_SECONDS else 2
    return f"{milliseconds / _SECOND:.{digits}f} s"

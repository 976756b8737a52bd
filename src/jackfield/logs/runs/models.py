"""Entries of the run log: action runs and proxy calls."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct

from jackfield.engine.ports import StepState
from jackfield.kit.errors import NotFound
from jackfield.kit.ids import RunId
from jackfield.kit.json import Json


class Exchange(Struct, frozen=True):
    """
    One request to the provider. `status` is `None` if there was no response.

    `offset_ms` is when it was sent, counted from the start of the run; until then it had waited
    `waited_ms` for the limits of the account. Of runs of earlier versions neither is known.
    """

    method: str
    url: str
    status: int | None
    duration_ms: int
    offset_ms: float | None = None
    waited_ms: float = 0.0


class StepRecord(Struct, frozen=True):
    """One step of a run; `offset_ms` is its start, counted from that of the run."""

    id: str
    function: str
    state: StepState
    status_code: int | None
    message: str | None
    offset_ms: int
    duration_ms: int
    exchanges: tuple[Exchange, ...] = ()


class Run(Struct, frozen=True):
    """One execution of an action. `None` means that a value was not known when it ended."""

    id: RunId
    account_id: str
    provider: str
    action_id: str
    source: str
    success: bool
    status_code: int
    error_code: str | None
    message: str | None
    started_at: datetime
    duration_ms: int
    request_id: str | None = None
    key_id: str | None = None
    user_agent: str | None = None
    profile_id: str | None = None
    connector_version: str | None = None
    action_type: str | None = None
    auth_method: str | None = None
    mode: str | None = None
    origin_owner_id: str | None = None
    origin_owner_name: str | None = None
    steps: tuple[StepRecord, ...] = ()

    @property
    def requests(self) -> int:
        """The number of requests to the provider, repeated ones included."""
        return sum([len(step.exchanges) for step in self.steps])


@dataclass(frozen=True, slots=True)
class Body:
    """The redacted headers and body of one message; `text` may be truncated."""

    headers: Mapping[str, str]
    text: str
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class ExchangeBodies:
    """Both sides of one request to the provider."""

    step_id: str
    request: Body
    response: Body | None


@dataclass(frozen=True, slots=True)
class RunBodies:
    """The redacted inputs, output and bodies of a run; stored only with `advanced_logs`."""

    inputs: Json
    output: Json
    exchanges: tuple[ExchangeBodies, ...]


class RunNotFound(NotFound):
    """No run with this id in the project, or it is no longer stored."""

    code = "run_not_found"


@dataclass(frozen=True, slots=True)
class RunFilter:
    """A filter of runs; an empty tuple or `None` means all.

    `nothing` excludes all, for a filter on a field that no run of the hub has.
    """

    ids: tuple[str, ...] = ()
    request_ids: tuple[str, ...] = ()
    account_ids: tuple[str, ...] = ()
    action_ids: tuple[str, ...] = ()
    action_types: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    connector_versions: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    origin_owner_ids: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    key_ids: tuple[str, ...] = ()
    status_codes: tuple[int, ...] = ()
    success: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    nothing: bool = False


@dataclass(frozen=True, slots=True)
class RunCount:
    """How many there are, or how many at least if it is not exact."""

    total: int
    is_exact: bool


@dataclass(frozen=True, slots=True)
class RunTotals:
    """Totals of runs; `group` are the values they have in common."""

    group: Mapping[str, str | int | bool | None]
    total: int
    succeeded: int
    average_ms: float
    longest_ms: int
    steps: int
    exchanges: int

"""Steps of linking: how far the user of a connect session came, and what held them up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class LinkStep(StrEnum):
    """
    A step that the hub saw.

    `faulty` is a form with a field that is missing or malformed, `refused` an attempt that failed,
    `sign_in` the way to the provider's own page, `closed` an embedded Hub that was taken away.
    """

    MADE = "made"
    OPENED = "opened"
    FORM = "form"
    FAULTY = "faulty"
    SUBMITTED = "submitted"
    SIGN_IN = "sign_in"
    REFUSED = "refused"
    LINKED = "linked"
    CLOSED = "closed"


class LinkStage(StrEnum):
    """A stage of the funnel; each is reached by way of those before it."""

    MADE = "made"
    OPENED = "opened"
    FORM = "form"
    FILLED_IN = "filled_in"
    TRIED = "tried"
    LINKED = "linked"


STAGES: Final[Mapping[LinkStep, LinkStage]] = {
    LinkStep.MADE: LinkStage.MADE,
    LinkStep.OPENED: LinkStage.OPENED,
    LinkStep.FORM: LinkStage.FORM,
    LinkStep.FAULTY: LinkStage.FILLED_IN,
    LinkStep.SUBMITTED: LinkStage.TRIED,
    LinkStep.SIGN_IN: LinkStage.TRIED,
    LinkStep.REFUSED: LinkStage.TRIED,
    LinkStep.LINKED: LinkStage.LINKED,
}
# Of the steps of a time range the newest so many are counted.
MOST_COUNTED: Final = 50_000
# Of linked accounts the newest so many say how long linking takes.
MOST_TIMED: Final = 1_000
_ORDER: Final = tuple(LinkStage)


@dataclass(frozen=True, slots=True)
class Funnel:
    """
    How many sessions reached each stage.

    `connector_key` is empty for all sessions together; of one connector the first stage is its
    form. `median` is the time from the first page to the linked account.
    """

    connector_key: str
    reached: Mapping[LinkStage, int]
    closed: int = 0
    median: timedelta | None = None

    @property
    def linked(self) -> int:
        return self.reached.get(LinkStage.LINKED, 0)

    def lost_before(self, stage: LinkStage) -> int:
        """Return how many reached the stage before this one, and not this one."""
        place = _ORDER.index(stage)
        before = self.reached.get(_ORDER[place - 1], 0) if place else self.reached.get(stage, 0)
        return before - self.reached.get(stage, 0)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What held sessions up: a field that was refused, or the code of an error."""

    connector_key: str
    step: LinkStep
    detail: str
    sessions: int


@dataclass(frozen=True, slots=True)
class LinkFunnels:
    """
    The funnels of a time range: of all sessions, and by connector, most sessions first.

    Steps before `counted_since` were not counted.
    """

    all: Funnel
    by_connector: Sequence[Funnel]
    obstacles: Sequence[Obstacle]
    counted_since: datetime


@dataclass(frozen=True, slots=True)
class SessionSteps:
    """
    How far one session came, in `stage` with `connector_keys`.

    The name of its customer is absent once the session itself is forgotten. `obstacles` are the
    details of what held it up.
    """

    session_id: int
    origin_owner_id: str | None
    origin_owner_name: str | None
    connector_keys: tuple[str, ...]
    stage: LinkStage
    first_at: datetime
    last_at: datetime
    has_signed_in: bool
    is_closed: bool
    obstacles: tuple[str, ...]

    @property
    def took(self) -> timedelta:
        return self.last_at - self.first_at


def reached(furthest: Mapping[LinkStage, int]) -> dict[LinkStage, int]:
    """Return how many came to each stage, of how many came no further."""
    found: dict[LinkStage, int] = {}
    total = 0
    for stage in reversed(_ORDER):
        total += furthest.get(stage, 0)
        found[stage] = total
    return {stage: found[stage] for stage in _ORDER}

"""Repository of the steps of linking, written through the write buffer."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import Final, LiteralString

from jackfield.connect.steps.models import (
    MOST_COUNTED,
    MOST_TIMED,
    STAGES,
    Funnel,
    LinkFunnels,
    LinkStage,
    LinkStep,
    Obstacle,
    SessionSteps,
    reached,
)
from jackfield.db.tx import Row, Tx
from jackfield.db.write_buffer import Rows, WriteBuffer
from jackfield.kit.ids import ProjectId
from jackfield.kit.json import convert

_KEY: Final = ("session_id", "step", "connector_key", "detail")
_RANKED: Final = tuple(LinkStage)
_MOST_OBSTACLES: Final = 10
# The place of a step's stage in the funnel; a step beside it has none.
_RANK: Final[LiteralString] = """
    case step when 'made' then 0 when 'opened' then 1 when 'form' then 2 when 'faulty' then 3
              when 'submitted' then 4 when 'sign_in' then 4 when 'refused' then 4
              when 'linked' then 5 end
"""
_RECENT: Final[LiteralString] = """
    select project_id, session_id, step, connector_key, detail
      from link_steps
     where project_id = :project_id and first_at >= :since
     order by first_at desc
     limit :most
"""


def append_step(  # noqa: PLR0913 - a row
    buffer: WriteBuffer,
    project_id: ProjectId,
    *,
    session_id: int,
    step: LinkStep,
    connector_key: str,
    detail: str,
    at: datetime,
) -> None:
    row = {
        "session_id": session_id,
        "step": step.value,
        "connector_key": connector_key,
        "detail": detail,
        "at": at,
    }
    buffer.append(project_id, _write, row)


async def _write(tx: Tx, rows: Rows) -> None:
    # Always in one order: transactions that wait for each other's rows must not wait in a circle.
    ordered = sorted(rows, key=lambda row: [str(row[name]) for name in _KEY])
    await tx.executemany(
        """
        insert into link_steps (project_id, session_id, step, connector_key, detail, first_at,
                                last_at, times)
        values (:project_id, :session_id, :step, :connector_key, :detail, :at, :at, 1)
            on conflict (project_id, session_id, step, connector_key, detail) do update
           set last_at = excluded.last_at, times = link_steps.times + 1
        """,
        ordered,
    )


class LinkSteps:
    """The steps of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def funnels(self, *, since: datetime, most: int = MOST_COUNTED) -> LinkFunnels:
        """Count how far sessions came since a moment, in the newest `most` steps."""
        edge = await self._edge(since, most)
        by_connector: dict[str, dict[LinkStage, int]] = {}
        for row in await self._furthest(since, most, ", connector_key"):
            found = by_connector.setdefault(row["connector_key"], {})
            found[_RANKED[row["furthest"]]] = row["sessions"]
        by_connector.pop("", None)
        together = await self.reached(since=since, most=most)
        closed = await self._closed(since, most)
        medians = await self._medians(since)
        funnels = [
            _of_connector(key, furthest, medians.get(key)) for key, furthest in by_connector.items()
        ]
        return LinkFunnels(
            all=Funnel("", together, closed, medians.get("")),
            by_connector=sorted(
                (each for each in funnels if each.reached[LinkStage.FORM]),
                key=lambda each: (-each.reached[LinkStage.FORM], each.connector_key),
            ),
            obstacles=await self._obstacles(since, most),
            counted_since=since if edge is None else edge,
        )

    async def reached(
        self, *, since: datetime, most: int = MOST_COUNTED
    ) -> Mapping[LinkStage, int]:
        """Return how many sessions reached each stage since a moment, in the newest `most` steps."""
        rows = await self._furthest(since, most, "")
        return reached({_RANKED[row["furthest"]]: row["sessions"] for row in rows})

    async def newest(self, *, size: int) -> Sequence[SessionSteps]:
        """Return the sessions that were begun last, newest first."""
        rows = await self._tx.all(
            """
            select steps.session_id, steps.step, steps.connector_key, steps.detail,
                   steps.first_at, steps.last_at,
                   session.origin_owner_id, session.origin_owner_name
              from (select session_id, first_at as made_at
                      from link_steps
                     where project_id = :project_id and step = 'made'
                     order by first_at desc, session_id
                     limit :size) as begun
              join link_steps steps
                on steps.project_id = :project_id and steps.session_id = begun.session_id
              left join connect_sessions session
                on session.project_id = :project_id and session.id = begun.session_id
             order by begun.made_at desc, steps.session_id, steps.first_at
            """,
            size=size,
        )
        sessions: dict[int, list[Row]] = {}
        for row in rows:
            sessions.setdefault(row["session_id"], []).append(row)
        return [_session(steps) for steps in sessions.values()]

    async def _edge(self, since: datetime, most: int) -> datetime | None:
        """Return when the first step was that is counted, if not all are."""
        rows = await self._tx.all(
            """
            select first_at
              from link_steps
             where project_id = :project_id and first_at >= :since
             order by first_at desc
             limit 1 offset :before
            """,
            since=since,
            before=most - 1,
        )
        return convert(rows[0]["first_at"], datetime) if rows else None

    async def _furthest(self, since: datetime, most: int, also: LiteralString) -> list[Row]:
        return await self._tx.all(
            f"""
            select furthest {also}, count(*) as sessions
              from (select session_id {also}, max({_RANK}) as furthest
                      from ({_RECENT}) as recent
                     where project_id = :project_id
                     group by session_id {also}) as sessions
             where furthest is not null
             group by furthest {also}
            """,  # noqa: S608 - literals
            since=since,
            most=most,
        )

    async def _closed(self, since: datetime, most: int) -> int:
        rows = await self._tx.all(
            f"""
            select count(distinct session_id) as sessions
              from ({_RECENT}) as recent
             where project_id = :project_id and step = 'closed'
            """,  # noqa: S608 - a literal
            since=since,
            most=most,
        )
        return rows[0]["sessions"]

    async def _obstacles(self, since: datetime, most: int) -> list[Obstacle]:
        rows = await self._tx.all(
            f"""
            select connector_key, step, detail, count(distinct session_id) as sessions
              from ({_RECENT}) as recent
             where project_id = :project_id and step in ('faulty', 'refused')
             group by connector_key, step, detail
             order by sessions desc, connector_key, step, detail
             limit :listed
            """,  # noqa: S608 - a literal
            since=since,
            most=most,
            listed=_MOST_OBSTACLES,
        )
        return [convert(row, Obstacle) for row in rows]

    async def _medians(self, since: datetime) -> Mapping[str, timedelta]:
        """Return how long linking took in the middle, by connector and, with no key, of all."""
        rows = await self._tx.all(
            """
            select linked.connector_key, linked.last_at as linked_at, opened.first_at as opened_at
              from (select session_id, connector_key, last_at
                      from link_steps
                     where project_id = :project_id and first_at >= :since and step = 'linked'
                     order by first_at desc
                     limit :most) as linked
              join link_steps opened
                on opened.project_id = :project_id and opened.session_id = linked.session_id
               and opened.step = 'opened' and opened.connector_key = '' and opened.detail = ''
            """,
            since=since,
            most=MOST_TIMED,
        )
        seconds: dict[str, list[float]] = {}
        for row in rows:
            linked_at = convert(row["linked_at"], datetime)
            took = (linked_at - convert(row["opened_at"], datetime)).total_seconds()
            for key in (row["connector_key"], ""):
                seconds.setdefault(key, []).append(took)
        return {key: timedelta(seconds=median(found)) for key, found in seconds.items()}


def _of_connector(key: str, furthest: Mapping[LinkStage, int], took: timedelta | None) -> Funnel:
    return Funnel(key, reached(furthest), median=took)


def _session(steps: Sequence[Row]) -> SessionSteps:
    known = [LinkStep(row["step"]) for row in steps]
    stages = [STAGES[step] for step in known if step in STAGES]
    moments = [
        convert(row[name], datetime)
        for row in steps
        for name in ("first_at", "last_at")
        # It is made by the product, perhaps days before.
        if row["step"] != LinkStep.MADE or len(steps) == 1
    ]
    held = [row for row in steps if row["step"] in (LinkStep.FAULTY, LinkStep.REFUSED)]
    return SessionSteps(
        session_id=steps[0]["session_id"],
        origin_owner_id=steps[0]["origin_owner_id"],
        origin_owner_name=steps[0]["origin_owner_name"],
        connector_keys=tuple(dict.fromkeys(filter(None, (row["connector_key"] for row in steps)))),
        stage=max(stages, key=_RANKED.index),
        first_at=min(moments),
        last_at=max(moments),
        has_signed_in=LinkStep.SIGN_IN in known,
        is_closed=LinkStep.CLOSED in known,
        obstacles=tuple(dict.fromkeys(row["detail"] for row in held if row["detail"])),
    )

"""Repository of searches in the run log, each of which looks at a bounded number of rows."""

from collections.abc import Iterator, Sequence
from typing import Final, LiteralString, TypeAlias

from jackfield.db.columns import columns_of
from jackfield.db.tx import Tx
from jackfield.kit.ids import RunId
from jackfield.kit.json import convert, parse
from jackfield.logs.runs.models import Run
from jackfield.logs.runs.sources import CLI, CLI_AGENT, RunSource
from jackfield.logs.search.models import Conditions, Position, RunSearch, Span

_COLUMNS: Final = columns_of(Run)
_Clauses: TypeAlias = tuple[LiteralString, dict[str, object]]
# Names of parameters cannot be made of numbers: statements are literals.
_PLACES: Final[tuple[LiteralString, ...]] = ("a", "b", "c", "d", "e", "f", "g", "h")
# One text of a row, in which nothing that is looked for goes from one column into the next.
_TEXT: Final[LiteralString] = (
    "lower(action_id || '\x1f' || coalesce(message, '') || '\x1f' || coalesce(error_code, '')"
    " || '\x1f' || coalesce(origin_owner_name, '') || '\x1f' || coalesce(origin_owner_id, ''))"
)


class RunSearches:
    """Searches in the runs of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def of_requests(self, request_ids: Sequence[str], *, most: int) -> tuple[str, ...]:
        """Return the ids of the runs of some requests."""
        rows = await self._tx.all(
            """
            select id
              from runs
             where request_id in (:request_ids) and project_id = :project_id
             limit :most
            """,
            request_ids=request_ids,
            most=most,
        )
        return tuple(row["id"] for row in rows)

    async def limit(self, search: RunSearch, position: Position, *, scanned: int) -> RunId | None:
        """Return the run that a search of so many rows begins or ends with; `None` is all rows."""
        where, values = _base(search, position)
        order = _order(position)
        rows = await self._tx.all(
            f"""
            select id
              from runs
             where project_id = :project_id {where}
             order by id {order}
             limit 1 offset :scanned
            """,  # noqa: S608 - the parts are made of literals
            scanned=scanned - 1,
            **values,
        )
        return RunId(rows[0]["id"]) if rows else None

    async def find(
        self, search: RunSearch, position: Position, limit: RunId | None, *, size: int
    ) -> list[Run]:
        """Return runs up to `limit`, in the order of the search: newest first, or from `after`."""
        where, values = _where(search, position, limit)
        order = _order(position)
        rows = await self._tx.all(
            f"""
            select {_COLUMNS}
              from runs
             where project_id = :project_id {where}
             order by id {order}
             limit :size
            """,  # noqa: S608 - the parts are made of literals
            size=size,
            **values,
        )
        return [convert({**row, "steps": parse(row["steps"])}, Run) for row in rows]

    async def totals(
        self, search: RunSearch, limit: RunId | None, *, length: int
    ) -> list[tuple[str, int, int]]:
        """
        Count runs up to `limit` by the beginning of their ids, of that `length`.

        Returns it with the number of runs, and of those that failed.
        """
        where, values = _where(search, Position(), limit)
        rows = await self._tx.all(
            f"""
            select substr(id, 1, :length) as began,
                   count(*) as total,
                   sum(case when success then 0 else 1 end) as failed
              from runs
             where project_id = :project_id {where}
             group by substr(id, 1, :length)
            """,  # noqa: S608 - the parts are made of literals
            length=length,
            **values,
        )
        return [(row["began"], row["total"], int(row["failed"])) for row in rows]

    async def ended(self, search: RunSearch, known: Sequence[str], *, size: int) -> list[Run]:
        """Return the newest runs of a search that are not `known` yet, newest first."""
        where, values = _where(search, Position(), None)
        rows = await self._tx.all(
            f"""
            select {_COLUMNS}
              from runs
             where project_id = :project_id {where} and id not in (:known)
             order by id desc
             limit :size
            """,  # noqa: S608 - the parts are made of literals
            known=known,
            size=size,
            **values,
        )
        return [convert({**row, "steps": parse(row["steps"])}, Run) for row in rows]


def is_bounded(search: RunSearch) -> bool:
    """Return whether a search looks at few rows anyway: those of some ids, or all as they come."""
    plain = RunSearch(since=search.since, until=search.until)
    return bool(search.having.runs) or search == plain


def _order(position: Position) -> LiteralString:
    return "desc" if position.after is None else "asc"


def _where(search: RunSearch, position: Position, limit: RunId | None) -> _Clauses:
    where, values = _base(search, position)
    if limit is not None:
        where += " and id >= :limit_id" if position.after is None else " and id <= :limit_id"
        values["limit_id"] = limit
    for clause, found in _alternatives(search.having, "having"):
        where += f" and ({clause})"
        values |= found
    for clause, found in _texts(search.having, "having"):
        where += f" and ({clause})"
        values |= found
    sides = (*_alternatives(search.lacking, "lacking"), *_texts(search.lacking, "lacking"))
    for clause, found in sides:
        # What is not known is not what is left out.
        where += f" and not coalesce(({clause}), false)"
        values |= found
    return where, values


def _base(search: RunSearch, position: Position) -> _Clauses:
    """Return the conditions that an index on ids serves."""
    where: LiteralString = ""
    values: dict[str, object] = {}
    having = search.having
    if having.runs:
        where += " and id in (:run_ids)"
        values["run_ids"] = having.runs
    elif len(having.accounts) == 1:
        where += " and account_id = :account_id"
        values["account_id"] = having.accounts[0]
    elif len(having.customers) == 1:
        where += " and origin_owner_id = :customer_id"
        values["customer_id"] = having.customers[0]
    elif having.outcomes == (False,) and not having.statuses:
        where += " and not success"
    if search.since is not None:
        where += " and id >= :since_id"
        values["since_id"] = RunId.floor(search.since)
    if search.until is not None:
        where += " and id < :until_id"
        values["until_id"] = RunId.floor(search.until)
    if position.after is not None:
        where += " and id > :after_id"
        values["after_id"] = position.after
    elif position.before is not None:
        where += " and id < :before_id"
        values["before_id"] = position.before
    return where, values


def _alternatives(wanted: Conditions, side: LiteralString) -> Iterator[_Clauses]:
    """Yield for each name the conditions of which one is enough."""
    lists: tuple[tuple[LiteralString, tuple[str, ...]], ...] = (
        ("provider", wanted.connectors),
        ("account_id", wanted.accounts),
        ("origin_owner_id", wanted.customers),
        ("key_id", wanted.keys),
        ("mode", wanted.types),
        ("error_code", wanted.codes),
        ("id", wanted.runs),
        # What the effects of actions were resolved to.
        ("action_id", wanted.effects),
    )
    for column, chosen in lists:
        if chosen:
            yield f"{column} in (:{side}_{column}s)", {f"{side}_{column}s": chosen}
    statuses = _spans("status_code", wanted.statuses, side)
    outcomes: list[_Clauses] = [
        ("success" if outcome else "not success", {}) for outcome in wanted.outcomes
    ]
    groups = (
        [*outcomes, *statuses],
        _spans("duration_ms", wanted.durations, side),
        [*_sources(wanted.sources, side)],
    )
    for group in groups:
        if group:
            yield _either(group)
    patterns: list[_Clauses] = []
    for place, glob in zip(_PLACES, wanted.actions, strict=False):
        name: LiteralString = f"{side}_action_{place}"
        patterns.append((f"lower(action_id) like :{name} escape '!'", {name: _pattern(glob)}))
    if patterns:
        yield _either(patterns)


def _sources(wanted: tuple[str, ...], side: LiteralString) -> Iterator[_Clauses]:
    """Yield conditions for sources; commands come through the API, and are told by their client."""
    others = tuple(each for each in wanted if each not in (RunSource.API, CLI))
    if others:
        yield f"source in (:{side}_sources)", {f"{side}_sources": others}
    agent: LiteralString = f"{side}_agent"
    by_command: LiteralString = f"coalesce(user_agent, '') like :{agent} escape '!'"
    values: dict[str, object] = {f"{side}_api": RunSource.API.value}
    of_api: LiteralString = f"source = :{side}_api"
    if RunSource.API in wanted and CLI in wanted:
        yield of_api, values
    elif RunSource.API in wanted:
        yield f"({of_api} and not {by_command})", {**values, agent: f"{_escaped(CLI_AGENT)}%"}
    elif CLI in wanted:
        yield f"({of_api} and {by_command})", {**values, agent: f"{_escaped(CLI_AGENT)}%"}


def _texts(wanted: Conditions, side: LiteralString) -> Iterator[_Clauses]:
    """Yield a condition for each text."""
    for place, text in zip(_PLACES, wanted.texts, strict=False):
        name: LiteralString = f"{side}_text_{place}"
        yield f"{_TEXT} like lower(:{name}) escape '!'", {name: f"%{_escaped(text)}%"}


def _spans(column: LiteralString, spans: tuple[Span, ...], side: LiteralString) -> list[_Clauses]:
    found: list[_Clauses] = []
    for place, (first, last) in zip(_PLACES, spans, strict=False):
        low: LiteralString = f"{side}_{column}_{place}_first"
        high: LiteralString = f"{side}_{column}_{place}_last"
        found.append((f"{column} between :{low} and :{high}", {low: first, high: last}))
    return found


def _either(group: Sequence[_Clauses]) -> _Clauses:
    values: dict[str, object] = {}
    for _, each in group:
        values |= each
    return " or ".join([clause for clause, _ in group]), values


def _pattern(glob: str) -> str:
    """Return a pattern of SQL for one in which `*` is any text."""
    return _escaped(glob).replace("*", "%")


def _escaped(text: str) -> str:
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")

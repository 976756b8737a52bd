"""
Collection of rows over several pages.

The rules are the published engine's, in its order. Strict mode adds to them: without a `page_size`
a call gives one page of the provider's, what is not a list is an error, and when a later page fails
the rows so far are given back with a cursor to go on. A cursor that comes twice ends the run: with
an error, or with rows where the page that named it had new ones, and a cursor that goes no further.
It counts as well if an earlier call ended at it: a caller that goes on would never come to an end.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeAlias

from jackfield.engine.exchange.failure import fail, fail_with, raw_of, refuse_success
from jackfield.engine.expressions import js
from jackfield.engine.reply import Reply
from jackfield.engine.run import Position, Run, StepResult, compute
from jackfield.engine.steps.extraction import index_by
from jackfield.engine.steps.page_iterator import Paging
from jackfield.engine.undefined import UNDEFINED
from jackfield.engine.wire.json import encode_json
from jackfield.kit.errors import PaginationStalled, ProviderError
from jackfield.kit.json import Json, as_object, is_list

# Fetches the page of a token (`None`: the first), or in offset mode from a position.
FetchPage: TypeAlias = Callable[[Run, Json, int], Awaitable[Reply]]

_DEFAULT_PAGE_SIZE: Final = 25
_MOST_PAGES: Final = 1000
_MOST_EMPTY_PAGES: Final = 100


@dataclass(slots=True)
class _Progress:
    """The state of one paging: `token` is the page to fetch next, `sent` the one to resume at."""

    start: Position
    token: Json
    offset: int
    left: float
    sent: Json = None
    rows: list[Json] = field(default_factory=list[Json])
    raw: list[Json] = field(default_factory=list[Json])
    reply: Reply | None = None
    finished: bool = False
    previous: bytes = b""
    empty_pages: int = 0
    has_news: bool = False
    is_stalled: bool = False
    seen: set[bytes] = field(default_factory=set[bytes])


class Pager:
    """Collects the rows of one paginated step."""

    def __init__(self, paging: Paging, run: Run, fetch: FetchPage) -> None:
        self._paging = paging
        self._run = run
        self._fetch = fetch
        self._strict = run.mode == "strict"
        self._size = self._page_size()

    async def collect(self, start: Position) -> StepResult:
        """Fetch pages from `start` on, until there are enough rows or no more pages."""
        at = _Progress(start, self._first_token(start), start.offset or 0, self._size)
        at.seen.add(encode_json(at.token))
        for round_number in range(_MOST_PAGES):
            failed = self._too_far(at)
            if failed is not None:
                return failed
            if round_number and self._paging.mode != "offset":
                at.offset = 0
            try:
                reply = await self._fetch(self._run, at.token, at.offset)
            except ProviderError as error:
                return self._give_up(at, fail_with(error), error.detail)
            if reply.failed:
                failed = fail(reply, self._run)
                return self._give_up(at, failed, str(failed.failure))
            at.reply = reply
            at.raw.append(raw_of(reply))
            try:
                rows = await compute(self._run, partial(self._paging.rows, self._run, reply))
                take = partial(self._take, at, reply, rows)
                going_on, failed = await asyncio.to_thread(take) if self._run.is_heavy else take()
            except PaginationStalled as error:
                going_on, failed = False, self._rescue(at, error)
            if failed is not None:
                return failed
            if not going_on:
                break
            if self._is_endless(at, round_number + 1):
                break
        return self._done(at)

    def _rescue(self, at: _Progress, stalled: PaginationStalled) -> StepResult:
        """Keep new rows, with a cursor from which nothing goes on."""
        if not at.has_news:
            raise stalled
        at.is_stalled = True
        return self._give_up(at, fail_with(stalled), stalled.detail)

    def _is_endless(self, at: _Progress, pages: int) -> bool:
        """Stop where there is no end in sight; strict mode says so, and how to go on."""
        if not self._strict or (pages < _MOST_PAGES and at.empty_pages < _MOST_EMPTY_PAGES):
            return False
        at.finished = False
        reason = f"stopped after {pages} pages, the last {at.empty_pages} of them empty"
        self._run.warnings.append(f"{self._run.step_id}: {reason}")
        return True

    def _take(self, at: _Progress, reply: Reply, rows: Json) -> tuple[bool, StepResult | None]:
        """Add a page's rows; return whether to fetch another page, or the failure."""
        paging = self._paging
        at.sent = at.token
        if self._strict and rows is None and self._names_next(reply):
            # Some write an empty page so.
            rows = list[Json]()
        if not is_list(rows):
            self._require_list(rows, reply)
            at.finished = True
            return False, None
        if paging.mode == "page":
            digest = encode_json(rows)
            if digest == at.previous:
                at.finished = True
                return False, None
            at.previous = digest
            if at.sent > paging.max_page and rows:
                return False, self._exceeded(at.sent)
        if self._strict and paging.mode == "offset" and rows and self._is_repeated(at, rows):
            return False, None
        at.empty_pages = 0 if rows else at.empty_pages + 1
        first = 0 if paging.mode == "offset" else at.offset
        taken = rows[first:] if at.left == float("inf") else rows[first : first + int(at.left)]
        at.left -= len(taken)
        at.offset += len(taken)
        at.rows += taken
        at.token = at.sent + 1 if paging.mode == "page" else paging.following(self._run, reply)
        self._guard(at, rows, len(at.rows) - len(taken))
        going_on = paging.continues(reply, self._run.mode)
        self._settle(at, rows, taken, going_on=going_on)
        return self._wants_more(at, rows, going_on=going_on), None

    def _settle(
        self, at: _Progress, rows: list[Json], taken: list[Json], *, going_on: bool
    ) -> None:
        paging = self._paging
        used_up = at.offset >= len(rows)
        enough = len(at.rows) >= self._size
        has_next = paging.next_key is not None or paging.mode == "link"
        if paging.mode != "offset" and (has_next or paging.mode == "page") and used_up:
            at.offset = 0
            at.sent = at.token
        if paging.mode == "offset":
            at.finished = not going_on or (at.token is None and self._is_short(at, rows))
        elif paging.mode == "page":
            at.finished = used_up and (not going_on or self._is_short(at, rows))
        elif has_next:
            at.finished = used_up and (at.token is None or not going_on)
        else:
            at.finished = (
                not going_on
                or (at.token is None and not enough)
                or (len(taken) == len(rows) and at.left == 0)
            )

    def _names_next(self, reply: Reply) -> bool:
        return self._follows() and self._paging.following(self._run, reply) is not None

    def _is_repeated(self, at: _Progress, rows: list[Json]) -> bool:
        """Tell whether a provider that looks at no offset gave the same page again."""
        digest = encode_json(rows)
        if digest != at.previous:
            at.previous = digest
            return False
        at.finished = True
        self._run.warnings.append(f"{self._run.step_id}: the provider gave the same page twice")
        return True

    def _is_short(self, at: _Progress, rows: list[Json]) -> bool:
        """Whether the provider had fewer rows than the page size."""
        return not rows if self._size == float("inf") else len(at.rows) < self._size

    def _wants_more(self, at: _Progress, rows: list[Json], *, going_on: bool) -> bool:
        if self._size == float("inf") and at.rows:
            return False
        more = self._paging.mode == "offset" or at.token is not None
        empty_page = not rows and not (self._strict and at.token is not None and self._follows())
        return more and going_on and len(at.rows) < self._size and not empty_page

    def _follows(self) -> bool:
        """Whether the provider's response names the next page, even if this one is empty."""
        return self._paging.mode in ("cursor", "url", "link")

    def _guard(self, at: _Progress, rows: list[Json], before: int) -> None:
        if not self._strict or at.token is None:
            return
        token = encode_json(at.token)
        if (
            _digest(token) == at.start.earlier
            or token in at.seen
            or (at.sent is not None and at.token == at.sent)
        ):
            known = set(map(encode_json, at.rows[:before]))
            at.has_news = any(encode_json(row) not in known for row in rows)
            raise PaginationStalled(step=self._run.step_id)
        at.seen.add(token)

    def _require_list(self, rows: Json, reply: Reply) -> None:
        if self._strict and rows is not None:
            actual = "nothing" if rows is UNDEFINED else "something else"
            msg = f"expected a list of rows and found {actual}"
            raise refuse_success(reply, self._run, msg)
        msg = f"{self._run.step_id}: expected a list of rows and found none"
        self._run.warnings.append(msg)

    def _give_up(self, at: _Progress, failed: StepResult, reason: str) -> StepResult:
        """Return the failure; in strict mode with rows already, those rows and a cursor."""
        if not self._strict or not at.rows:
            return failed
        at.sent, at.finished = at.token, False
        self._run.warnings.append(f"{self._run.step_id}: a later page failed: {reason}")
        return self._done(at)

    def _done(self, at: _Progress) -> StepResult:
        data: Json = at.rows
        if self._paging.index_field is not None:
            data = index_by(self._paging.index_field, at.rows, self._run.mode, collection=True)
        output: dict[str, Json] = {"data": data, "raw": at.raw}
        output["statusCode"] = at.reply.status if at.reply else 0
        if not at.finished:
            by_page = self._paging.mode == "page" and at.sent is not None
            output["next"] = js.to_text(at.sent) if by_page else at.sent
            output["position"] = at.offset
            self._run.positions[self._run.step_index] = self._end(at, output["next"])
        return StepResult(True, output, reply=at.reply)

    def _end(self, at: _Progress, token: Json) -> Position:
        if not self._strict or token is None:
            return Position(token, at.offset)
        if at.is_stalled:
            return Position(token, at.offset, stalled=True)
        # Remembered at the first, second, fourth, eighth … end, as in Brent's algorithm: so a
        # circle of any length is found, and a cursor stays short.
        calls, earlier = at.start.calls + 1, at.start.earlier
        if calls & (calls - 1) == 0:
            earlier = _digest(encode_json(token))
        return Position(token, at.offset, calls=calls, earlier=earlier)

    def _page_size(self) -> float:
        declared = as_object(self._run.scope.get("inputs")).get("page_size", UNDEFINED)
        if self._strict and (declared is UNDEFINED or declared is None):
            return float("inf")
        size = float(js.to_number(declared))
        return size if size == size else _DEFAULT_PAGE_SIZE  # noqa: PLR0124 - NaN

    def _first_token(self, start: Position) -> Json:
        if self._paging.mode != "page":
            return None if start.token == "" else start.token
        first = self._paging.start_page
        number = js.to_number(start.token) if isinstance(start.token, str | int) else first
        return number if isinstance(number, int) and number >= first else first

    def _too_far(self, at: _Progress) -> StepResult | None:
        if at.start.stalled:
            return fail_with(PaginationStalled(step=self._run.step_id))
        if self._paging.mode == "page" and at.token > self._paging.max_page + 1:
            return self._exceeded(at.token)
        return None

    def _exceeded(self, page: Json) -> StepResult:
        limit = self._paging.max_page
        msg = f"Pagination exceeded iterator.maxPage ({limit}) at page {page}"
        return fail_with(ProviderError(msg, step=self._run.step_id))


def _digest(token: bytes) -> str:
    return hashlib.sha256(token).hexdigest()[:16]

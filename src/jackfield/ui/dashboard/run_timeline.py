"""The steps of a run, its requests and its waits, as bars on one scale of time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from jackfield.logs.runs.models import Exchange, Run, StepRecord
from jackfield.ui.dashboard.run_lines import duration

# In percent of the whole: as little as can be seen.
_NARROWEST: Final = 0.4
# A pause that is only the work of the hub between two requests, in milliseconds.
_SHORTEST_WAIT: Final = 20
_REFUSED: Final = 400


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a run: where it begins and how long it is, in percent of the whole."""

    name: str
    detail: str
    begin: float
    length: float
    took: str
    tone: str = ""
    is_wait: bool = False
    is_inner: bool = False


def bars_of(run: Run) -> list[Bar]:
    """Return the parts of a run in the order in which they began."""
    return [*_Timeline(run).bars()]


def waited(run: Run) -> float:
    """Return how many milliseconds of a run were waits, as far as they are recorded."""
    return sum(bar.length for bar in bars_of(run) if bar.is_wait) * max(run.duration_ms, 1) / 100


class _Timeline:
    def __init__(self, run: Run) -> None:
        self._run = run
        self._whole = max(run.duration_ms, 1)
        self._tries = 0

    def bars(self) -> Iterator[Bar]:
        first = self._run.steps[0].offset_ms if self._run.steps else self._run.duration_ms
        yield self._bar("Prepare", "key, account, inputs", 0, first)
        for step in self._run.steps:
            tone = {"failed": "bad", "skipped": ""}.get(step.state, "")
            detail = step.function if step.state != "skipped" else f"{step.function}, skipped"
            yield self._bar(step.id or "Request", detail, step.offset_ms, step.duration_ms, tone)
            yield from self._requests(step)

    def _requests(self, step: StepRecord) -> Iterator[Bar]:
        at: float = step.offset_ms
        for number, exchange in enumerate(step.exchanges):
            self._tries += 1
            sent = at if exchange.offset_ms is None else exchange.offset_ms
            queued = sent - exchange.waited_ms
            # Before the first request a step works on what it sends.
            if number and queued - at >= _SHORTEST_WAIT:
                yield self._wait("Pause before the next", at, queued - at)
            if exchange.waited_ms >= 1:
                yield self._wait("Own limit", queued, exchange.waited_ms)
            took = self._took(step, exchange, sent)
            status = "no answer" if exchange.status is None else str(exchange.status)
            failed = exchange.status is None or exchange.status >= _REFUSED
            tone = "bad" if failed else "good"
            yield self._bar(f"Request {self._tries}", status, sent, took, tone, is_inner=True)
            at = sent + took

    def _took(self, step: StepRecord, exchange: Exchange, sent: float) -> float:
        if exchange.status is not None or exchange is not step.exchanges[-1]:
            return exchange.duration_ms
        # What was never answered ended with its step.
        return max(0.0, step.offset_ms + step.duration_ms - sent)

    def _wait(self, name: str, begin: float, length: float) -> Bar:
        return self._bar(name, "", begin, length, "warn", is_wait=True, is_inner=True)

    def _bar(  # noqa: PLR0913 - what a bar is made of
        self,
        name: str,
        detail: str,
        begin: float,
        length: float,
        tone: str = "",
        *,
        is_wait: bool = False,
        is_inner: bool = False,
    ) -> Bar:
        width = min(max(length / self._whole * 100, _NARROWEST), 100.0)
        left = min(max(begin / self._whole * 100, 0.0), 100.0 - width)
        return Bar(
            name, detail, round(left, 2), round(width, 2), duration(length), tone, is_wait, is_inner
        )

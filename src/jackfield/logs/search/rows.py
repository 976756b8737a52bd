"""Rows of runs that a search finds, as JSON and as CSV."""

import csv
import io
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from msgspec import Struct, structs

from jackfield.connectors.catalog import Catalog
from jackfield.logs.runs.models import Run
from jackfield.logs.search.query import source_word


class FoundRunOut(Struct, frozen=True):
    """One run; `requests` is the number of those to the provider, repeated ones included."""

    id: str
    started_at: datetime
    duration_ms: int
    success: bool
    status_code: int
    error_code: str | None
    message: str | None
    action: str
    effect: str | None
    connector: str | None
    account_id: str
    customer_id: str | None
    customer_name: str | None
    type: str | None
    source: str
    key_id: str | None
    request_id: str | None
    requests: int


COLUMNS: Final = FoundRunOut.__struct_fields__
# What a spreadsheet would take for a formula.
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")


def run_row(catalog: Catalog, run: Run) -> FoundRunOut:
    found = catalog.find_action(run.action_id)
    return FoundRunOut(
        id=run.id,
        started_at=run.started_at,
        duration_ms=run.duration_ms,
        success=run.success,
        status_code=run.status_code,
        error_code=run.error_code,
        message=run.message,
        action=run.action_id,
        effect=found[1].strongest_effect if found else None,
        connector=run.provider or None,
        account_id=run.account_id,
        customer_id=run.origin_owner_id,
        customer_name=run.origin_owner_name,
        type=run.mode,
        source=source_word(run),
        key_id=run.key_id,
        request_id=run.request_id,
        requests=run.requests,
    )


def as_csv(rows: Iterable[FoundRunOut], *, with_header: bool) -> str:
    """Return rows as lines of CSV."""
    text = io.StringIO()
    writer = csv.writer(text)
    if with_header:
        writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_cell(value) for value in structs.astuple(row)])
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool):
        return str(value).lower()
    is_formula = isinstance(value, str) and value.startswith(_FORMULAS)
    return f"'{value}" if is_formula else value

"""Filters and paging of the `/logs` lists."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Final, TypeAlias

from msgspec import Meta, Struct, field

from jackfield.connectors.catalog import Catalog
from jackfield.http.lists import MOST_VALUES, Texts
from jackfield.http.query import aware, past
from jackfield.kit.whole_numbers import whole_number
from jackfield.logs.runs.models import RunFilter

_Texts: TypeAlias = str | Texts | None
_LAST_STATUS: Final = 999
_NO_STATUS: Final = 1000

_Numbers: TypeAlias = int | str | Annotated[list[int | str], Meta(max_length=MOST_VALUES)] | None


class LogFilters(Struct, frozen=True):
    """Filters of one value or several; one that is left out matches everything."""

    account_id: _Texts = None
    account_secure_id: _Texts = None
    action: _Texts = None
    action_id: _Texts = None
    action_run_id: _Texts = None
    action_type: _Texts = None
    category: _Texts = None
    connector_key: _Texts = None
    connector_version: _Texts = None
    log_id: _Texts = None
    mode: _Texts = None
    origin_owner_id: _Texts = None
    provider: _Texts = None
    request_id: _Texts = None
    resource: _Texts = None
    service: _Texts = None
    source_id: _Texts = None
    source_type: _Texts = None
    status_code: _Numbers = None
    sub_resource: _Texts = None
    success: bool | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None

    def runs(self, catalog: Catalog) -> RunFilter:
        """Return the filter of runs; two filters for the same column must both match."""
        accounts = _Choice.of(self.account_id).intersect(self.account_secure_id)
        actions = _Choice.of(self.action).intersect(self.action_id)
        ids = _Choice.of(self.action_run_id).intersect(self.log_id)
        providers = _Choice.of(self.provider).intersect(self.connector_key)
        if self.category:
            categories = set(_texts(self.category))
            of_category = [
                each.key
                for each in catalog.connectors()
                if categories.intersection(each.categories)
            ]
            providers = providers.intersect(of_category)
        codes = tuple(_codes(self.status_code))
        # This hub has no unified resources, so these filters match nothing.
        unified = any((self.resource, self.service, self.sub_resource))
        chosen = (accounts, actions, ids, providers)
        return RunFilter(
            ids=ids.values,
            request_ids=_texts(self.request_id),
            account_ids=accounts.values,
            action_ids=actions.values,
            action_types=_texts(self.action_type),
            providers=providers.values,
            connector_versions=_texts(self.connector_version),
            modes=_texts(self.mode),
            origin_owner_ids=_texts(self.origin_owner_id),
            sources=tuple(each.lower() for each in _texts(self.source_type)),
            key_ids=_texts(self.source_id),
            status_codes=codes,
            success=self.success,
            since=aware(self.start_time),
            until=past(self.end_time),
            nothing=unified
            or any(each.is_none for each in chosen)
            or (self.status_code is not None and self.status_code != [] and not codes),
        )


class LogsIn(Struct, frozen=True):
    """The filters and the page of a list of log rows."""

    filters: LogFilters | None = None
    page: Annotated[int, Meta(ge=1, le=100_000)] | None = None
    page_size: Annotated[int, Meta(ge=1, le=1000)] | None = None

    @property
    def only(self) -> LogFilters:
        return self.filters or LogFilters()

    @property
    def number(self) -> int:
        return self.page or 1

    @property
    def size(self) -> int:
        return self.page_size or 25


class StatsIn(Struct, frozen=True):
    """The filters and the dimensions of a count of runs."""

    filters: LogFilters | None = None
    dimensions: Texts = field(default_factory=list[str])
    limit: Annotated[int, Meta(ge=1, le=1000)] | None = None

    @property
    def only(self) -> LogFilters:
        return self.filters or LogFilters()


class _Choice(Struct, frozen=True):
    """The values of a filter; no values match everything, unless `is_none`."""

    values: tuple[str, ...] = ()
    is_none: bool = False

    @classmethod
    def of(cls, values: _Texts) -> "_Choice":
        return cls(_texts(values))

    def intersect(self, values: _Texts | Iterable[str]) -> "_Choice":
        if values is None or values == "":
            return self
        others = tuple([values] if isinstance(values, str) else values)
        if not self.values:
            return _Choice(others, is_none=self.is_none or not others)
        wanted = set(others)
        both = tuple(each for each in self.values if each in wanted)
        return _Choice(both, is_none=not both)


def _texts(values: _Texts) -> tuple[str, ...]:
    if not values:
        return ()
    return (values,) if isinstance(values, str) else tuple(values)


def _codes(values: _Numbers) -> Iterable[int]:
    for each in values if isinstance(values, list) else [values]:
        text = str(each)
        if text.isascii() and text.isdigit():
            code = whole_number(text, most=_LAST_STATUS)
            yield _NO_STATUS if code is None else code

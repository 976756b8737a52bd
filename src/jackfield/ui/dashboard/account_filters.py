"""The filters of the Accounts page, as its address holds them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from jackfield.accounts.models import AccountStatus, AccountType
from jackfield.accounts.search.models import (
    LONGEST_TEXT,
    MOST_DAYS,
    AccountSearch,
    AccountSort,
)
from jackfield.kit.whole_numbers import whole_number
from jackfield.logs.search.moments import read_span

# Values of one filter: more of them belong into a search of the API.
_MOST_VALUES: Final = 50
# The names of filters that may have several values, and of those that have one.
_LISTS: Final = ("status", "reason", "provider", "profile", "environment", "type", "owner")
_TITLES: Final[Mapping[str, str]] = {
    "q": "Search",
    "status": "Status",
    "reason": "Reason",
    "provider": "Connector",
    "profile": "Profile",
    "environment": "Environment",
    "type": "Type",
    "owner": "Customer id",
    "from": "Connected from",
    "to": "Connected to",
    "unused": "Unused for days",
    "failing": "Failing",
}
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "status": tuple(AccountStatus),
    "type": tuple(AccountType),
}


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set, and the query without it."""

    title: str
    value: str
    rest: str


@dataclass(frozen=True, slots=True)
class AccountFilters:
    """
    The filters and the order of a list of accounts.

    `values` has them by name, as the address does; what is none was left out.
    """

    values: Mapping[str, tuple[str, ...]]
    search: AccountSearch

    @classmethod
    def of(cls, params: QueryParams, now: datetime) -> "AccountFilters":
        """Read the filters of an address, or of a kept query."""
        values = {name: tuple(_read(params, name)) for name in _TITLES}
        created = {name: read_span(values[name][0], now) for name in ("from", "to") if values[name]}
        for name, span in created.items():
            if span is None:
                values[name] = ()
        sort = next((each for each in AccountSort if each == params.get("sort")), None)
        is_reversed = params.get("order") == "reversed"
        if sort is not None:
            values["sort"] = (sort.value,)
        if is_reversed:
            values["order"] = ("reversed",)
        since, until = created.get("from"), created.get("to")
        search = AccountSearch(
            text=_one(values["q"]),
            statuses=values["status"],
            reasons=values["reason"],
            providers=values["provider"],
            profile_ids=values["profile"],
            environments=values["environment"],
            types=values["type"],
            # As it was typed, too: the blanks around an id may be its own.
            origin_owner_ids=_owners(params, values["owner"]),
            created_since=since and since[0],
            created_until=until and until[1],
            unused_days=int(_one(values["unused"])) if values["unused"] else None,
            is_failing=bool(values["failing"]),
            sort=sort or AccountSort.CREATED,
            is_reversed=is_reversed,
        )
        return cls({name: each for name, each in values.items() if each}, search)

    def one(self, name: str) -> str:
        """Return the first value of a filter; empty if it is not set."""
        return _one(self.values.get(name, ()))

    def has(self, name: str, value: str) -> bool:
        return value in self.values.get(name, ())

    @property
    def text(self) -> str:
        """The query of the first page."""
        return urlencode(self.values, doseq=True)

    @property
    def is_set(self) -> bool:
        """Whether something is filtered, and not only sorted."""
        return bool(self.values.keys() & _TITLES.keys())

    @property
    def chips(self) -> list[Chip]:
        """The filters that are set, but for the text that is searched for."""
        return [
            Chip(
                _TITLES[name],
                "in 24 hours" if name == "failing" else value,
                self._without(name, value),
            )
            for name, values in self.values.items()
            if name in _TITLES and name != "q"
            for value in values
        ]

    def sorted_by(self, sort: str) -> str:
        """Return the query in another order, or in the reversed one if it has that already."""
        kept = {name: each for name, each in self.values.items() if name not in {"sort", "order"}}
        kept["sort"] = (sort,)
        if self.search.sort == sort and not self.search.is_reversed:
            kept["order"] = ("reversed",)
        return urlencode(kept, doseq=True)

    def at(self, page: int) -> str:
        """Return the query of a page."""
        return urlencode([*_pairs(self.values), ("page", page)])

    def _without(self, name: str, value: str) -> str:
        return urlencode([pair for pair in _pairs(self.values) if pair != (name, value)])


def _read(params: QueryParams, name: str) -> Iterable[str]:
    given = params.getlist(name) if name in _LISTS else params.getlist(name)[:1]
    for value in dict.fromkeys(each.strip()[:LONGEST_TEXT] for each in given[:_MOST_VALUES]):
        if not value or (name in _CHOICES and value not in _CHOICES[name]):
            continue
        if name == "unused":
            days = whole_number(value, most=MOST_DAYS)
            if days:
                yield str(days)
        else:
            yield value


def _owners(params: QueryParams, owners: tuple[str, ...]) -> tuple[str, ...]:
    typed = [each for each in params.getlist("owner")[:_MOST_VALUES] if each.strip() in owners]
    return tuple(dict.fromkeys((*owners, *typed)))


def _one(values: tuple[str, ...]) -> str:
    return values[0] if values else ""


def _pairs(values: Mapping[str, tuple[str, ...]]) -> list[tuple[str, object]]:
    return [(name, value) for name, each in values.items() for value in each]

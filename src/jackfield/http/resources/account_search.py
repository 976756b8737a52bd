"""`/jackfield/accounts`: linked accounts by words and by more filters than clients of others know."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from jackfield.accounts.models import AccountStatus, AccountType
from jackfield.accounts.search.models import (
    LONGEST_TEXT,
    MOST_DAYS,
    AccountSearch,
    AccountSort,
)
from jackfield.accounts.search.repo import FindableAccounts
from jackfield.http.account import AccountOut
from jackfield.http.context import ApiContext, api_key
from jackfield.http.lists import MOST_VALUES, Texts
from jackfield.http.query import VERBATIM, aware
from jackfield.http.routing import Routes
from jackfield.projects.models import Scope

api = Routes(api_key, tag="accounts")


class AccountSearchQuery(Struct, frozen=True):
    q: Annotated[
        str,
        Meta(
            max_length=LONGEST_TEXT,
            description="Beginnings of words of the id, label, customer, user and settings.",
        ),
    ] = ""
    status: Annotated[list[AccountStatus], Meta(max_length=MOST_VALUES)] = []
    reasons: Annotated[Texts, Meta(description="Codes of the first status reason.")] = []
    providers: Texts = []
    connector_profile_ids: Texts = []
    environments: Texts = []
    types: Annotated[list[AccountType], Meta(max_length=MOST_VALUES)] = []
    origin_owner_ids: Annotated[Texts, VERBATIM] = []
    created_since: datetime | None = None
    created_until: Annotated[
        datetime | None, Meta(description="Accounts that were linked before it.")
    ] = None
    unused_days: Annotated[
        Annotated[int, Meta(ge=1, le=MOST_DAYS)] | None,
        Meta(description="Linked before, and not used for, so many days."),
    ] = None
    failing: Annotated[bool, Meta(description="Only if a run failed within 24 hours.")] = False
    sort: Annotated[
        AccountSort,
        Meta(description="The latest, the most or A first. By `failures`: only those that fail."),
    ] = AccountSort.CREATED
    reversed: bool = False
    page: Annotated[int, Meta(ge=1, le=1_000_000)] = 1
    page_size: Annotated[int, Meta(ge=1, le=1000)] = 25

    def search(self) -> AccountSearch:
        return AccountSearch(
            text=self.q,
            statuses=tuple(self.status),
            reasons=tuple(self.reasons),
            providers=tuple(self.providers),
            profile_ids=tuple(self.connector_profile_ids),
            environments=tuple(self.environments),
            types=tuple(self.types),
            origin_owner_ids=tuple(self.origin_owner_ids),
            created_since=aware(self.created_since),
            created_until=aware(self.created_until),
            unused_days=self.unused_days,
            is_failing=self.failing,
            sort=self.sort,
            is_reversed=self.reversed,
        )


class FoundAccountsOut(Struct, frozen=True):
    """
    A page of accounts.

    `total` is how many match; unless `is_counted`, at least so many. `is_partial` if the search
    ended before it had looked at all of them: then more may match.
    """

    data: list[AccountOut]
    total: int
    is_counted: bool
    has_more: bool
    is_partial: bool


@api.add("GET", "/jackfield/accounts", scope=Scope.ACCOUNTS_READ)
async def search_accounts(ctx: ApiContext, query: AccountSearchQuery) -> FoundAccountsOut:
    """Search linked accounts by words and filters, in an order."""
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        found = await FindableAccounts(tx).page(
            query.search(), number=query.page, size=query.page_size
        )
    titles = {each.key: each.title for each in ctx.hub.catalog.connectors()}
    return FoundAccountsOut(
        data=[
            AccountOut.of(each, provider_name=titles.get(each.provider, each.provider))
            for each in found.accounts
        ],
        total=found.total,
        is_counted=found.is_counted,
        has_more=found.has_more,
        is_partial=found.is_partial,
    )

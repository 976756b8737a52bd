"""`/dashboard`: the Accounts page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from starlette.requests import Request
from starlette.responses import Response

from jackfield.accounts.models import AccountStatus, AccountType
from jackfield.accounts.search.models import FoundAccounts
from jackfield.accounts.search.repo import FindableAccounts
from jackfield.logs.account_use.models import AccountUse
from jackfield.logs.account_use.repo import use_of
from jackfield.profiles.models import Profile, ProfilePage
from jackfield.profiles.repo import Profiles
from jackfield.projects.models import Project
from jackfield.projects.saved_views.models import ViewPage
from jackfield.ui.dashboard.account_filters import AccountFilters
from jackfield.ui.dashboard.layout import Layout, page_number
from jackfield.ui.dashboard.saved_views import load_views
from jackfield.ui.rendering import hub_of, page

_PAGE_SIZE: Final = 25
# Profiles that can be chosen from.
_MOST_PROFILES: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsPage:
    template: ClassVar[str] = "dashboard/accounts.html"

    layout: Layout
    filters: AccountFilters
    found: FoundAccounts
    use: Mapping[str, AccountUse]
    statuses: tuple[AccountStatus, ...]
    types: tuple[AccountType, ...]
    reasons: list[str]
    environments: list[str]
    profiles: list[Profile]
    earlier: str | None
    later: str | None
    # Whether some accounts are not found by their words yet, after an upgrade.
    is_preparing: bool
    # What became of the credentials of an account that was just deleted, or empty.
    revocation: str


async def list_accounts(request: Request, project: Project) -> Response:
    hub = hub_of(request)
    number = page_number(request)
    filters = AccountFilters.of(request.query_params, hub.clock())
    async with hub.db.read(project.id) as tx:
        accounts = FindableAccounts(tx)
        found = await accounts.page(filters.search, number=number, size=_PAGE_SIZE)
        use = await use_of(tx, [each.id for each in found.accounts])
        reasons = await accounts.reasons()
        environments = await accounts.environments()
        profiles = await Profiles(tx).page(ProfilePage(size=_MOST_PROFILES))
        is_preparing = await accounts.has_unprepared()
    await load_views(request, project, ViewPage.ACCOUNTS, filters.text)
    return page(
        request,
        AccountsPage(
            layout=Layout.of(request, project),
            filters=filters,
            found=found,
            use=use,
            statuses=tuple(AccountStatus),
            types=tuple(AccountType),
            reasons=reasons,
            environments=environments,
            profiles=profiles,
            revocation=request.query_params.get("revocation", ""),
            earlier=filters.at(number - 1) if number > 1 else None,
            later=filters.at(number + 1) if found.has_more else None,
            is_preparing=is_preparing,
        ),
    )

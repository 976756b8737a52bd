"""`/dashboard/decoys`: accounts that nobody has a reason to use, for admins alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jackfield.accounts import decoy_creation
from jackfield.accounts.decoys.models import Decoy
from jackfield.accounts.decoys.repo import Decoys
from jackfield.accounts.models import Account, AccountFilter, AccountPage
from jackfield.accounts.repo import Accounts
from jackfield.kit.errors import HubError
from jackfield.projects import service as projects
from jackfield.projects.models import Project
from jackfield.projects.repo import Projects
from jackfield.projects.settings import Freeze
from jackfield.ui.dashboard.layout import Layout, refused
from jackfield.ui.dashboard.sign_in import actor_of
from jackfield.ui.posted_form import read_form
from jackfield.ui.rendering import base_path, hub_of, page


@dataclass(frozen=True, slots=True, kw_only=True)
class DecoysPage:
    template: ClassVar[str] = "dashboard/decoys.html"

    layout: Layout
    decoys: list[Decoy]
    accounts: Mapping[str, Account]
    freeze: Freeze
    freezes: tuple[Freeze, ...]


async def show_decoys(request: Request, project: Project) -> Response:
    async with hub_of(request).db.read(project.id) as tx:
        found = await Decoys(tx).all()
        settings = await Projects(tx).settings()
        ids = tuple(each.account_id for each in found)
        only = AccountPage(1, len(ids), AccountFilter(ids=ids))
        accounts = await Accounts(tx).page(only) if ids else []
    return page(
        request,
        DecoysPage(
            layout=Layout.of(request, project),
            decoys=found,
            accounts={each.id: each for each in accounts},
            freeze=settings.honeytoken_freeze,
            freezes=tuple(Freeze),
        ),
    )


async def make_decoy(request: Request, project: Project) -> Response:
    hub, actor = hub_of(request), actor_of(request)
    fields = (await read_form(request)).fields()
    owner = fields.get("origin_owner_id", "")[:255]
    if not owner:
        return RedirectResponse(f"{base_path(hub)}/dashboard/decoys", 303)
    wanted = decoy_creation.NewDecoy(
        fields.get("provider", ""), owner, fields.get("origin_owner_name", "")[:255] or owner
    )
    try:
        async with hub.db.write(project.id, actor) as tx:
            await decoy_creation.create(tx, hub, wanted)
    except HubError as error:
        return refused(request, project, error)
    return RedirectResponse(f"{base_path(hub)}/dashboard/decoys", 303)


async def save_freeze(request: Request, project: Project) -> Response:
    """Save which API keys are disabled when a decoy is used."""
    hub, actor = hub_of(request), actor_of(request)
    typed = (await read_form(request)).fields().get("freeze")
    chosen = next((each for each in Freeze if each == typed), Freeze.NOTHING)
    async with hub.db.write(project.id, actor) as tx:
        await projects.change_settings(tx, {"honeytoken_freeze": chosen})
    return RedirectResponse(f"{base_path(hub)}/dashboard/decoys", 303)

"""`/connect/sign-ins/{id}/tenant`: the choice of what a sign-in is for, where it reaches several."""

from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jackfield.connect import sessions as connect
from jackfield.connect.sign_in import service as sign_ins
from jackfield.connect.sign_in.kept import kept_of
from jackfield.connect.sign_in.models import SignIn, SignInUsed, TenantNotFound
from jackfield.connectors.connector import Connector
from jackfield.connectors.tenants import Tenant
from jackfield.kit.errors import HubError
from jackfield.ui.hub.browser_cookie import sign_in_of
from jackfield.ui.hub.hub_request import HubRequest, load_for, unknown_session_page
from jackfield.ui.page_theme import PageTheme
from jackfield.ui.posted_form import read_form
from jackfield.ui.rendering import base_path, hub_of


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantPage:
    template: ClassVar[str] = "hub/tenants.html"

    look: PageTheme
    connector: Connector
    owner: str
    label: str
    tenants: tuple[Tenant, ...]
    action: str
    is_unanswered: bool


async def tenant_choice(
    hub_request: HubRequest, sign_in: SignIn, *, is_unanswered: bool = False
) -> Response:
    """Return the page on which a tenant is chosen."""
    hub = hub_request.hub
    connector = hub.catalog.get(sign_in.connector_key or "")
    kept = await kept_of(hub, sign_in)
    tenants = [method.tenants for method in connector.auth_methods if method.tenants is not None]
    return hub_request.page(
        TenantPage(
            look=hub_request.theme,
            connector=connector,
            owner=hub_request.owner,
            label=tenants[0].label if tenants else "",
            tenants=kept.tenants,
            action=f"{_place(hub_request.request, sign_in)}/tenant?lang={hub_request.theme.words.code}",
            is_unanswered=is_unanswered,
        ),
        status=400 if is_unanswered else 200,
    )


async def choose(request: Request) -> Response:
    """Take the choice, and show how the sign-in ended."""
    sign_in = await sign_in_of(request)
    if sign_in is None:
        return unknown_session_page(request, key="unknown", group="sign_in")
    hub, chosen = hub_of(request), (await read_form(request)).all("tenant")
    try:
        await sign_ins.choose(hub, sign_in, chosen[0] if chosen else "")
    except TenantNotFound:
        holder = await connect.holder_of(hub, sign_in.project_id, sign_in.session_id)
        return await tenant_choice(await load_for(request, holder), sign_in, is_unanswered=True)
    except SignInUsed:
        # Its end is shown.
        pass
    except HubError as refused:
        return unknown_session_page(request, status=refused.status)
    return RedirectResponse(f"{_place(request, sign_in)}/result", 303)


def _place(request: Request, sign_in: SignIn) -> str:
    return f"{base_path(hub_of(request))}/connect/sign-ins/{sign_in.id}"

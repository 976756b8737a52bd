"""ASGI application of all HTML pages."""

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

from jackfield.kit.errors import HubError
from jackfield.runtime import Hub
from jackfield.ui import assets, brand, icons, logos
from jackfield.ui.dashboard import routes as dashboard
from jackfield.ui.docs import connector_pages, guide_pages
from jackfield.ui.docs.api_reference import ApiDescription, api_markdown, api_page
from jackfield.ui.docs.llms import llms_full_text, llms_text
from jackfield.ui.docs.manual_pages import manual_file, manual_page
from jackfield.ui.docs.search_index import search_index
from jackfield.ui.docs.start_page import start_page
from jackfield.ui.hub import frames, parked_answer, result, sent_code, tenant_choice
from jackfield.ui.hub import routes as hub_pages
from jackfield.ui.hub import sign_in as provider_sign_in
from jackfield.ui.portal import routes as portal
from jackfield.ui.rendering import base_path, hub_of

# In a request's scope, once its crash has been logged.
_TOLD = "jackfield.crash_told"

_REFERENCES = (
    Route("/docs", start_page),
    Route("/docs/api", api_page),
    Route("/docs/api.md", api_markdown),
    Route("/llms.txt", llms_text),
    Route("/llms-full.txt", llms_full_text),
    Route("/docs/search-index.js", search_index),
    Route("/docs/files/{name:path}", manual_file),
    Route("/docs/connectors/{page}", connector_pages.reference),
)
# After everything that has an address of its own below `/docs`.
_MANUAL = (Route("/docs/{path:path}", manual_page),)

_log = structlog.get_logger()


class Pages(Starlette):
    def __init__(self, hub: Hub, *, api_description: ApiDescription) -> None:
        super().__init__(
            routes=[
                Route("/", _home),
                Route("/static/{version}/{name:path}", assets.static),
                Route("/hub.js", frames.element),
                Route("/connect.js", frames.legacy),
                Route("/embedded/frames/{frame_id}", frames.frame),
                Route("/embedded/accounts/callback", result.returned),
                Route("/embedded/brand/{project_id}/logo", brand.logo),
                Route("/embedded/brand/{project_id}/theme.css", brand.theme),
                Route("/connectors/{key}/icon", icons.connector_icon),
                Route("/embedded/integrations", hub_pages.show),
                Route("/embedded/integrations", hub_pages.submit, methods=["POST"]),
                Route("/embedded/integrations/closed", hub_pages.note_close, methods=["POST"]),
                Route("/connect/sign-ins", provider_sign_in.start),
                Route("/connect/sign-ins/{sign_in_id}/result", provider_sign_in.result),
                Route(
                    "/connect/sign-ins/{sign_in_id}/tenant", tenant_choice.choose, methods=["POST"]
                ),
                Route("/connect/oauth2/{connector_key}/parked", parked_answer.show),
                Route(
                    "/connect/oauth2/{connector_key}/parked",
                    parked_answer.answer,
                    methods=["POST"],
                ),
                Route(
                    "/connect/oauth2/{connector_key}/codes/{profile_id}",
                    sent_code.receive,
                    methods=["POST"],
                ),
                Route("/connect/oauth2/{integration_id}", provider_sign_in.open_published),
                Route(
                    "/connect/oauth2/{connector_key}/callback",
                    provider_sign_in.callback,
                    methods=["GET", "POST"],
                ),
                Route(
                    "/connect/oauth2/{connector_key}/client.json", provider_sign_in.client_document
                ),
                *(_REFERENCES if hub.public_docs else ()),
                Route(
                    "/docs/connectors/{key}/guides/link-account/{page}", guide_pages.link_account
                ),
                *portal.ROUTES,
                *(_MANUAL if hub.public_docs else ()),
                *dashboard.ROUTES,
            ],
            exception_handlers={
                HTTPException: _refused,
                HubError: _failed,
                Exception: _crashed,
            },
        )
        self.state.hub = hub
        self.state.logos = logos.Logos()
        self.state.api_description = api_description

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - the framework answers, and raises nevertheless
            if not scope.get(_TOLD):
                _log.error("page_crashed", path=scope["path"], exc_info=error)

    def serves(self, scope: Scope) -> bool:
        """Return whether there is a page at the path, or the client accepts HTML for an error page."""
        accepted = next((value for name, value in scope["headers"] if name == b"accept"), b"")
        return b"text/html" in accepted or any(
            route.matches(scope)[0] is not Match.NONE for route in self.routes
        )


async def _home(request: Request) -> Response:
    return RedirectResponse(f"{base_path(hub_of(request))}/dashboard", 303)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return result.missing(request, error.status_code)


async def _failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, HubError)
    _log.warning("page_failed", path=request.url.path, code=error.code, detail=error.detail)
    response = result.unavailable(request, error.status)
    if error.retry_after is not None:
        response.headers["retry-after"] = str(max(1, round(error.retry_after)))
    return response


async def _crashed(request: Request, error: Exception) -> Response:
    _log.error("page_crashed", path=request.url.path, exc_info=error)
    request.scope[_TOLD] = True
    return result.crashed(request)

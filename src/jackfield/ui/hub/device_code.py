"""Page with a code that is entered at the provider; it loads itself again until that is done."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from starlette.responses import Response

from jackfield.connect.sign_in.kept import kept_of
from jackfield.connect.sign_in.models import SignIn
from jackfield.connectors.connector import Connector
from jackfield.ui.hub.hub_request import HubRequest
from jackfield.ui.page_theme import PageTheme


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicePage:
    template: ClassVar[str] = "hub/device.html"

    look: PageTheme
    connector: Connector
    code: str
    url: str
    # The same page with the code in it, if the provider has one.
    complete_url: str
    seconds: int
    expires_at: datetime


async def device_code(hub_request: HubRequest, sign_in: SignIn) -> Response:
    device = (await kept_of(hub_request.hub, sign_in)).device
    assert device is not None
    return hub_request.page(
        DevicePage(
            look=hub_request.theme,
            connector=hub_request.hub.catalog.get(sign_in.connector_key or ""),
            code=device.user_code,
            url=device.url,
            complete_url=device.complete_url or device.url,
            seconds=max(sign_in.poll_seconds, 1),
            expires_at=sign_in.expires_at,
        )
    )

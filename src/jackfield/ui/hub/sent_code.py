"""`/connect/oauth2/{key}/codes/{profile}`: where a provider sends the codes of sign-ins to."""

from http import HTTPStatus
from typing import Final

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from jackfield.connect.sent_codes import service as sent_codes
from jackfield.ui.posted_form import read_bounded
from jackfield.ui.rendering import hub_of

_MOST_BYTES: Final = 64 * 1024
_log = structlog.get_logger()


async def receive(request: Request) -> Response:
    """Keep a code; whatever is not signed is refused alike, for profiles that there are or not."""
    key, profile_id = request.path_params["connector_key"], request.path_params["profile_id"]
    receiver = await sent_codes.find_receiver(hub_of(request), key, profile_id)
    refused = Response(status_code=HTTPStatus.UNAUTHORIZED)
    if receiver is None or not receiver.webhook.may_be_signed(request.headers):
        return refused
    try:
        body = await read_bounded(request, most=_MOST_BYTES)
    except HTTPException:
        return refused
    if not await receiver.receive(request.headers, body):
        _log.warning("sent_code_refused", profile_id=profile_id)
        return refused
    return Response(status_code=HTTPStatus.NO_CONTENT)

"""`/device_authorization`: a device that cannot show a browser asks for a person."""

import secrets
from datetime import timedelta
from typing import Final

from jackfield.sandbox.oauth.authority import Authority, Device
from jackfield.sandbox.oauth.client_authentication import authenticate
from jackfield.sandbox.oauth.identification import identify
from jackfield.sandbox.oauth.refusals import invalid_client
from jackfield.sandbox.oauth.request import Request
from jackfield.sandbox.oauth.scopes import check_scopes
from jackfield.sandbox.replies import Reply, json_reply

# Letters that cannot be taken for others, and make no words.
_LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"


def answer(authority: Authority, request: Request) -> Reply:
    """Give a device its two codes."""
    client = identify(authority, request)
    if client is None:
        msg = "no client is named, or it is unknown"
        raise invalid_client(msg)
    params = request.form()
    authenticate(authority, client, request, params)
    scopes = check_scopes(client, params.get("scope", "").split())
    terms = client.conduct.terms
    letters = "".join(secrets.choice(_LETTERS) for _ in range(8))
    device = Device(
        f"device-{secrets.token_urlsafe(24)}",
        f"{letters[:4]}-{letters[4:]}",
        client.id,
        scopes,
        authority.now() + timedelta(seconds=terms.device_lifetime),
        interval=terms.device_interval,
    )
    authority.devices[device.code] = device
    page = f"{authority.issuer}/device"
    return json_reply(
        {
            "device_code": device.code,
            "user_code": device.user_code,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?user_code={device.user_code}",
            "expires_in": int(terms.device_lifetime),
            "interval": int(terms.device_interval),
        }
    )

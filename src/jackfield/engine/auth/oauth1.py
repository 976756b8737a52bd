"""OAuth 1.0a (RFC 5849), signed by oauthlib."""

from collections.abc import Mapping
from secrets import token_hex
from typing import Any, Final

from jackfield.engine.auth.additions import Additions
from jackfield.engine.auth.signable import Sign, Signable
from jackfield.engine.auth.signing_fields import compile_fields
from jackfield.engine.compat import Mode
from jackfield.engine.current_time import now
from jackfield.engine.document_reader import require_known, take_choice
from jackfield.engine.expressions.jexl import EvaluationScope
from jackfield.engine.schema.signing import OAUTH1_METHODS, OAUTH1_SIGNING
from jackfield.kit.json import Json

_NEEDED: Final = ("consumerKey", "consumerSecret")
_OPTIONAL: Final = ("token", "tokenSecret", "realm", "callback", "verifier")
_BODILESS: Final = ("GET", "HEAD")
_FORM: Final = "application/x-www-form-urlencoded"


def compile_oauth1(content: Mapping[str, Json], mode: Mode) -> Sign:
    """
    Compile `{strategy: oauth1, …}`.

    Raises:
        InvalidStep: it is malformed.
    """
    # Imported by connectors that need it only.
    from oauthlib.oauth1 import Client  # noqa: PLC0415

    require_known(content, OAUTH1_SIGNING.entries, "signing")
    chosen = {"signatureMethod": OAUTH1_METHODS[0], **content}
    method = take_choice(chosen, "signatureMethod", OAUTH1_METHODS, "signing.signatureMethod")
    fields = compile_fields(content, mode, needed=_NEEDED, optional=_OPTIONAL)

    def sign(request: Signable, scope: EvaluationScope) -> Additions:
        values = fields(scope)
        client: Any = Client(
            values["consumerKey"],
            client_secret=values["consumerSecret"],
            resource_owner_key=values.get("token"),
            resource_owner_secret=values.get("tokenSecret"),
            callback_uri=values.get("callback"),
            verifier=values.get("verifier"),
            realm=values.get("realm"),
            signature_method=method,
            nonce=token_hex(16),
            timestamp=str(int(now().timestamp())),
        )
        # A body is no part of the meaning of these, and oauthlib refuses it.
        form = [] if request.method in _BODILESS else [*request.form()]
        headers = {"Content-Type": _FORM} if form else {}
        _, signed, _ = client.sign(
            request.request.url, request.method, body=form or None, headers=headers
        )
        return Additions(headers=[("Authorization", signed["Authorization"])])

    return sign

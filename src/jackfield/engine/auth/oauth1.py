"""OAuth 1.0a (RFC 5849), signed by oauthlib."""

from collections.abc import Mapping
from secrets import token_hex
from typing import Any, Final
from urllib.parse import unquote

from jackfield.engine.auth.additions import Additions
from jackfield.engine.auth.signable import Sign, Signable
from jackfield.engine.auth.signing_fields import compile_fields
from jackfield.engine.compat import Mode
from jackfield.engine.credential_faults import faults_of
from jackfield.engine.current_time import now
from jackfield.engine.document_reader import require_known, take_choice
from jackfield.engine.errors import InvalidStep
from jackfield.engine.expressions.jexl import EvaluationScope
from jackfield.engine.schema.signing import OAUTH1_METHODS, OAUTH1_SIGNING
from jackfield.kit.json import Json, as_object

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
    from jackfield.engine.auth.oauth1_client import SigningClient, UnusableKey  # noqa: PLC0415

    require_known(content, OAUTH1_SIGNING.entries, "signing")
    chosen = {"signatureMethod": OAUTH1_METHODS[0], **content}
    method = take_choice(chosen, "signatureMethod", OAUTH1_METHODS, "signing.signatureMethod")
    is_rsa = method.startswith("RSA")
    secret = "privateKey" if is_rsa else "consumerSecret"
    fields = compile_fields(content, mode, needed=("consumerKey", secret), optional=_OPTIONAL)
    hashes_body = content.get("bodyHash") is True

    def sign(request: Signable, scope: EvaluationScope) -> Additions:
        values = fields(scope)
        # A body is no part of the meaning of these, and oauthlib refuses it.
        form = [] if request.method in _BODILESS else [*request.form()]
        client: Any = SigningClient(
            request.signer,
            request.body if hashes_body and not form else None,
            client_key=values["consumerKey"],
            client_secret=values.get("consumerSecret"),
            resource_owner_key=values.get("token"),
            resource_owner_secret=values.get("tokenSecret"),
            callback_uri=values.get("callback"),
            verifier=values.get("verifier"),
            realm=values.get("realm"),
            rsa_key=values.get("privateKey"),
            signature_method=method,
            nonce=token_hex(16),
            timestamp=str(int(now().timestamp())),
        )
        headers = {"Content-Type": _FORM} if form else {}
        try:
            _, signed, _ = client.sign(
                request.request.url, request.method, body=form or None, headers=headers
            )
        except UnusableKey as error:
            known, message = as_object(scope.get("credentials")), str(error)
            faults = faults_of(known, values["privateKey"], message)
            raise InvalidStep(message, faults=faults) from None
        except ValueError:
            # Not chained: the cause may quote what is signed.
            msg = "The request cannot be signed as OAuth 1.0a asks"
            raise InvalidStep(msg) from None
        header = str(signed["Authorization"])
        signature = unquote(header.partition('oauth_signature="')[2].partition('"')[0])
        return Additions(headers=[("Authorization", header)], secrets=(signature,))

    return sign

"""The step function `saml`: a SAML assertion put into a request's body."""

import base64
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final, TypeAlias
from xml.sax.saxutils import escape

from jackfield.engine.current_time import now
from jackfield.engine.document_reader import require_known, take_object
from jackfield.engine.errors import InvalidStep, missing_field
from jackfield.engine.expressions import js
from jackfield.engine.expressions.templates import compile_value
from jackfield.engine.run import Run
from jackfield.engine.schema.expressions import Evaluated
from jackfield.engine.schema.kinds import Number
from jackfield.engine.schema.requests import TEXT
from jackfield.engine.schema.structures import Entry, Record, Unknown
from jackfield.engine.steps.compile_context import CompileContext
from jackfield.engine.steps.sign_jwt import not_signed, require_signer
from jackfield.engine.undefined import UNDEFINED
from jackfield.kit.json import Json, as_object

# Returns the body's key and the assertion to set there.
Assert: TypeAlias = Callable[[Run], tuple[str, str]]

SAML_PARAMETERS: Final = Record(
    "Saml",
    {
        "objectKey": Entry(TEXT, "The body field the assertion is put under.", required=True),
        "key": Entry(TEXT, "The private key that signs it.", required=True),
        "clientId": Entry(TEXT, "The client the assertion is for.", required=True),
        "cert": Entry(TEXT, "The certificate that belongs to the key."),
        "issuer": Entry(TEXT, "The issuer."),
        "lifetime": Entry(Evaluated(Number()), "How long it is valid, in seconds."),
        "nameId": Entry(TEXT, "The user it speaks for."),
        "audience": Entry(TEXT, "The audience."),
        "nameIdentifierFormat": Entry(TEXT, "The format of `nameId`, as a URN."),
        "tokenEndpoint": Entry(TEXT, "Where it will be exchanged for a token."),
    },
    doc="A signed SAML assertion sent in the body.",
    unknown=Unknown.REFUSED,
)
_SAML: Final = "urn:oasis:names:tc:SAML"
_UNSPECIFIED: Final = f"{_SAML}:1.1:nameid-format:unspecified"
_LIFETIME: Final = 600
_CLOCK_SKEW: Final = timedelta(minutes=5)


def compile_saml(document: Json, context: CompileContext) -> Assert | None:
    """
    Compile a `saml` object.

    Raises:
        InvalidStep, InvalidExpression: it is malformed.
    """
    if document is None:
        return None
    content = take_object(document, "saml")
    require_known(content, SAML_PARAMETERS.entries, "saml")
    for key in ("objectKey", "key", "clientId"):
        if key not in content:
            raise missing_field(path=f"saml.{key}")
    evaluate = compile_value(content, context.mode)

    def make(run: Run) -> tuple[str, str]:
        options, run.has_stated = as_object(evaluate(run.scope)), True
        try:
            signed = require_signer(run).sign_xml(
                _assertion(options, run.context.clocks.at(run.statements, now)()),
                private_key=_text(options, "key"),
                certificate=_text(options, "cert") or None,
            )
        except ValueError as error:
            raise not_signed(run, _text(options, "key"), error) from error
        return _text(options, "objectKey"), base64.b64encode(signed.encode()).decode()

    return make


def _assertion(options: Mapping[str, Json], moment: datetime) -> str:
    """Return the assertion in canonical form, so that the signed text is the sent text."""
    lifetime = js.to_number(options.get("lifetime", _LIFETIME))
    if not 0 < lifetime <= 86_400:  # noqa: PLR2004 - a day
        msg = "The field 'saml.lifetime' must be a number of seconds, a day at most"
        raise InvalidStep(msg)
    start, end = _stamp(moment - _CLOCK_SKEW), _stamp(moment + timedelta(seconds=lifetime))
    client = _written(options, "clientId")
    name_format = _written(options, "nameIdentifierFormat") or _UNSPECIFIED
    recipient = _written(options, "tokenEndpoint")
    recipient = f' Recipient="{recipient}"' if recipient else ""
    return (
        f'<saml2:Assertion xmlns:saml2="{_SAML}:2.0:assertion" ID="_{secrets.token_hex(16)}"'
        f' IssueInstant="{_stamp(moment)}" Version="2.0">'
        f"<saml2:Issuer>{_written(options, 'issuer') or client}</saml2:Issuer>"
        f'<saml2:Subject><saml2:NameID Format="{name_format}">'
        f"{_written(options, 'nameId') or client}</saml2:NameID>"
        f'<saml2:SubjectConfirmation Method="{_SAML}:2.0:cm:bearer">'
        f'<saml2:SubjectConfirmationData NotOnOrAfter="{end}"{recipient}>'
        "</saml2:SubjectConfirmationData></saml2:SubjectConfirmation></saml2:Subject>"
        f'<saml2:Conditions NotBefore="{start}" NotOnOrAfter="{end}">'
        f"{_audience(options)}</saml2:Conditions>"
        f'<saml2:AuthnStatement AuthnInstant="{_stamp(moment)}"><saml2:AuthnContext>'
        f"<saml2:AuthnContextClassRef>{_SAML}:2.0:ac:classes:PasswordProtectedTransport"
        "</saml2:AuthnContextClassRef></saml2:AuthnContext></saml2:AuthnStatement>"
        '<saml2:AttributeStatement><saml2:Attribute Name="api_key"><saml2:AttributeValue>'
        f"{client}</saml2:AttributeValue></saml2:Attribute></saml2:AttributeStatement>"
        "</saml2:Assertion>"
    )


def _audience(options: Mapping[str, Json]) -> str:
    audience = _written(options, "audience")
    if not audience:
        return ""
    return (
        f"<saml2:AudienceRestriction><saml2:Audience>{audience}"
        "</saml2:Audience></saml2:AudienceRestriction>"
    )


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _written(options: Mapping[str, Json], key: str) -> str:
    return escape(_text(options, key), {'"': "&quot;", "\r": "&#xD;"})


def _text(options: Mapping[str, Json], key: str) -> str:
    value = options.get(key)
    return "" if value is None or value is UNDEFINED else js.to_text(value)

"""XML and SOAP envelopes: bodies read to values as the hub reads them, and values written back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from jackfield.engine.wire.body import is_xml
from jackfield.engine.wire.soap import fault_of
from jackfield.engine.wire.xml_reader import XmlForm, read_xml
from jackfield.engine.wire.xml_writer import ATTRIBUTE, write_xml
from jackfield.kit.json import Json, as_object, is_list, is_object, mapping, text
from jackfield.sandbox.replies import Reply

XML: Final = "text/xml; charset=utf-8"
SERVER_ERROR: Final = 500
_NAMESPACE: Final = "http://schemas.xmlsoap.org/soap/envelope/"
_ENVELOPE: Final = "Envelope"
# In envelopes, the hub tells attributes by an underscore, and knows no prefixes.
_ENVELOPE_MARK: Final = "_"
_IN_ENVELOPES: Final = XmlForm(attribute_prefix=_ENVELOPE_MARK, keep_prefixes=False)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A SOAP request: the element that is its operation, what is in it, and whose it says it is."""

    operation: str
    content: dict[str, Json]
    username: str
    password: str


def read_envelope(content: bytes) -> Envelope | None:
    """
    Return the envelope that a body is; `None` of other XML.

    Raises:
        ValueError: it is not XML.
    """
    document = read_xml(content, _IN_ENVELOPES)
    if _ENVELOPE not in document:
        return None
    envelope = mapping(document, _ENVELOPE)
    body = mapping(envelope, "Body")
    operation = next((name for name in body if not name.startswith(_ENVELOPE_MARK)), "")
    # A name or password of digits is a text, too.
    texts = read_xml(content, XmlForm(_ENVELOPE_MARK, keep_prefixes=False, keep_texts=True))
    security = mapping(mapping(mapping(texts, _ENVELOPE), "Header"), "Security")
    token = mapping(security, "UsernameToken")
    password = token.get("Password")
    return Envelope(
        operation,
        as_object(body.get(operation)),
        text(token, "Username"),
        text(as_object(password), "#text") if is_object(password) else text(token, "Password"),
    )


def read_body(content: bytes) -> dict[str, Json]:
    """
    Return what an XML body says: of an envelope, what is in its operation.

    Raises:
        ValueError: it is not XML.
    """
    envelope = read_envelope(content)
    return read_xml(content, XmlForm()) if envelope is None else envelope.content


def read_answer(content: str, *, is_soap: bool) -> Json:
    """
    Return an answer of a provider as the hub reads it, with SOAP what is in the envelope's body.

    Raises:
        ValueError: it is not XML.
    """
    if not is_soap:
        return read_xml(content, XmlForm())
    document = read_xml(content, _IN_ENVELOPES)
    return mapping(document, _ENVELOPE).get("Body", document)


def is_fault(content: str | None) -> bool:
    """Return whether an answer is a SOAP fault."""
    try:
        return fault_of(read_answer(content or "", is_soap=True), "strict") is not None
    except ValueError:
        return False


def xml_reply(
    content: Json,
    status: int = 200,
    content_type: str = XML,
    headers: Mapping[str, str] | None = None,
    *,
    is_soap: bool,
) -> Reply:
    """Return a value as XML, with SOAP in an envelope."""
    members = as_object(_written(content, is_soap=is_soap))
    if is_soap:
        envelope: Json = {f"{ATTRIBUTE}xmlns:soapenv": _NAMESPACE, "soapenv:Body": members}
        members = {"soapenv:Envelope": envelope}
    kind = content_type if is_xml(content_type) else XML
    return Reply(write_xml(members).encode(), status, kind, headers or {})


def fault_reply(message: str, status: int = SERVER_ERROR, *, is_ours: bool = False) -> Reply:
    """Return a SOAP fault, of the client unless it `is_ours`."""
    side = "Server" if is_ours else "Client"
    fault: Json = {"faultcode": f"soapenv:{side}", "faultstring": message}
    envelope: Json = {
        f"{ATTRIBUTE}xmlns:soapenv": _NAMESPACE,
        "soapenv:Body": {"soapenv:Fault": fault},
    }
    return Reply(write_xml({"soapenv:Envelope": envelope}).encode(), status, XML)


def _written(value: Json, *, is_soap: bool) -> Json:
    """Return a value as it is written: what is null is left out."""
    if is_list(value):
        return [_written(each, is_soap=is_soap) for each in value]
    if not is_object(value):
        return value
    return {
        _name(name, is_soap=is_soap): _written(each, is_soap=is_soap)
        for name, each in value.items()
        if each is not None
    }


def _name(name: str, *, is_soap: bool) -> str:
    if is_soap and name.startswith(_ENVELOPE_MARK):
        return ATTRIBUTE + name.removeprefix(_ENVELOPE_MARK)
    return name

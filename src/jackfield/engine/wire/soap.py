"""SOAP envelopes, written and read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from jackfield.engine import compat
from jackfield.engine.compat import Mode
from jackfield.engine.ports import Response
from jackfield.engine.wire.xml_reader import XmlForm, read_xml
from jackfield.engine.wire.xml_writer import ATTRIBUTE, TEXT, write_xml
from jackfield.kit.json import Json, as_object, is_list, is_object

_ENVELOPE: Final = "http://schemas.xmlsoap.org/soap/envelope/"
_WSS: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
_FORMS: Final[Mapping[Mode, XmlForm]] = {
    mode: XmlForm(attribute_prefix="_", keep_prefixes=False, keep_declaration=mode == "compat")
    for mode in ("compat", "strict")
}
_FIRST_ERROR: Final = 400


@dataclass(frozen=True, slots=True)
class UsernameToken:
    """The user name and password of the WS-Security header."""

    username: Json
    password: Json


def write_envelope(
    content: Mapping[str, Json],
    *,
    operation: str,
    namespaces: Sequence[tuple[str, str]],
    token: UsernameToken | None,
    mode: Mode = "strict",
) -> str:
    """
    Return an envelope around `content`, which becomes the children of `operation`.

    Names without a prefix get that of the first namespace.

    Raises:
        ValueError: the content cannot be written as XML.
    """
    prefix = namespaces[0][0] if namespaces else None
    if mode == "compat":
        prefix = compat.soap_prefix(namespaces)
    body = {_with_prefix(operation, prefix): _prefixed(content, prefix)}
    envelope: dict[str, Json] = {"@_xmlns:soapenv": _ENVELOPE}
    envelope |= {f"@_xmlns:{name}": uri for name, uri in namespaces}
    envelope["soapenv:Header"] = "" if token is None else _security(token)
    envelope["soapenv:Body"] = body
    return write_xml({"soapenv:Envelope": envelope})


def read_envelope(response: Response, mode: Mode) -> Json:
    """
    Parse a response: the content of the envelope's body, without prefixes.

    Raises:
        ValueError: it is not XML.
    """
    body = response.body
    if mode == "compat":
        if not body.lstrip().startswith(b"<"):
            return {}
        body = compat.keep_references(body)
    try:
        document = read_xml(body, _FORMS[mode])
    except ValueError:
        if response.status < _FIRST_ERROR:
            raise
        return response.body.decode("utf-8", "replace")
    envelope = as_object(document.get("Envelope"))
    # The published engine returns the envelope itself if its body is empty.
    if mode == "compat" and not envelope.get("Body"):
        return envelope or document
    return envelope.get("Body", document)


def fault_of(document: Json, mode: Mode) -> tuple[Json, str] | None:
    """Return the SOAP fault in a response and its message, if there is one."""
    fault = as_object(document).get("Fault")
    if fault is None:
        return None
    content = as_object(fault)
    message = content.get("faultstring")
    if message is None and mode == "strict":
        message = as_object(content.get("Reason")).get("Text")
    text = as_object(message).get(TEXT, message)
    return fault, str(text) if text else "SOAP Fault"


def _security(token: UsernameToken) -> dict[str, Json]:
    return {
        "wsse:Security": {
            "@_soapenv:mustUnderstand": "1",
            "@_xmlns:wsse": f"{_WSS}-wssecurity-secext-1.0.xsd",
            "@_xmlns:wsu": f"{_WSS}-wssecurity-utility-1.0.xsd",
            "wsse:UsernameToken": {
                "wsse:Username": token.username,
                "wsse:Password": {
                    "@_Type": f"{_WSS}-username-token-profile-1.0#PasswordText",
                    TEXT: token.password,
                },
            },
        }
    }


def _prefixed(value: Json, prefix: str | None) -> Json:
    if is_list(value):
        expanded = _expanded(value)
        if expanded is not None:
            return _prefixed(expanded, prefix)
        return [_prefixed(item, prefix) for item in value]
    if is_object(value):
        return {_with_prefix(key, prefix): _prefixed(item, prefix) for key, item in value.items()}
    return value


def _with_prefix(key: str, prefix: str | None) -> str:
    if prefix is None or key == TEXT or ":" in key:
        return key
    if key.startswith(ATTRIBUTE):
        return f"{ATTRIBUTE}{prefix}:{key.removeprefix(ATTRIBUTE)}"
    return f"{prefix}:{key}"


def _expanded(items: list[Json]) -> dict[str, Json] | None:
    """Repeat an element that has only attributes, for each value of a list among them."""
    only = as_object(items[0]) if len(items) == 1 else {}
    if len(only) != 1:
        return None
    name, attributes = next(iter(only.items()))
    if not is_object(attributes) or not all(key.startswith(ATTRIBUTE) for key in attributes):
        return None
    listed = [key for key, value in attributes.items() if is_list(value)]
    if len(listed) != 1:
        return None
    values: list[Json] = attributes[listed[0]]
    return {name: [{**attributes, listed[0]: value} for value in values]}

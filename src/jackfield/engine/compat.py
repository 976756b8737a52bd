"""The two ways to read a connector's document, and what only compat mode does.

Each function names the observed case it answers for (its id among the vectors of the tests).
Nothing but `Mode` is used in strict mode. Where the two modes read a document differently, as in
what an absent value means, the code says so where it reads.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final, Literal, TypeAlias

from jackfield.kit.json import Json

# "compat" reproduces the published engine, quirks included; "strict" fixes them.
Mode: TypeAlias = Literal["compat", "strict"]

_ROOT_PREFIX: Final = "$."


def without_root_prefixes(text: str) -> str:
    """Remove every `$.`, in prose too: `Price $.99 ${x}` (interpolation/256, jexl/255)."""
    return text.replace(_ROOT_PREFIX, "")


def as_json_text(body: str) -> str:
    """Return a raw body for a JSON content type; other text becomes a JSON string (inline json)."""
    try:
        json.loads(body)
    except ValueError:
        return json.dumps(body, ensure_ascii=False)
    return body.strip()


def keep_references(document: bytes) -> bytes:
    """Keep numeric character references in XML unresolved (response/xml &#65;)."""
    return document.replace(b"&#", b"&amp;#")


def signed_body(body: bytes) -> bytes:
    """Sign an empty object where there is no body (signing/aws4-get)."""
    return body or b"{}"


def with_client_message(output: Mapping[str, Json]) -> dict[str, Json]:
    """Use the HTTP client's message for a refused file, if the provider has none (files/u14)."""
    if not str(output.get("message")).startswith("HTTP error: "):
        return dict(output)
    return {**output, "message": f"Request failed with status code {output['statusCode']}"}


def without_message(output: Mapping[str, Json]) -> dict[str, Json]:
    """Keep only the status of a refused upload (files/b6)."""
    return {"statusCode": output.get("statusCode")}


def soap_prefix(namespaces: Sequence[tuple[str, str]]) -> str:
    """Return an empty prefix if there is no namespace: `<:Operation>` (soap nons)."""
    return namespaces[0][0] if namespaces else ""


def replace_token(text: str, token: str, value: str) -> str:
    """
    Replace the first `token` by `value`, as JavaScript's `replace` does.

    Patterns such as `$&` in the value are substituted, and a value that contains a later token is
    substituted in turn (interpolation/167, "basic via ${}: password pa$$w0rd").
    """
    start = text.find(token)
    if start < 0:
        return text
    before, after = text[:start], text[start + len(token) :]
    replacements = {"$$": "$", "$&": token, "$`": before, "$'": after}
    return before + re.sub(r"\$[$&`']", lambda match: replacements[match[0]], value) + after

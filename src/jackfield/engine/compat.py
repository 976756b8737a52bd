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

# "compat" gives what the published engine gives, oddities included; "strict" mends them.
Mode: TypeAlias = Literal["compat", "strict"]

_ROOT_PREFIX: Final = "$."


def without_root_prefixes(text: str) -> str:
    """Remove every `$.`, in prose too: `Price $.99 ${x}` (interpolation/256, jexl/255)."""
    return text.replace(_ROOT_PREFIX, "")


def as_json_text(body: str) -> str:
    """Write a raw body under a JSON content type: what is no JSON becomes one (inline json)."""
    try:
        json.loads(body)
    except ValueError:
        return json.dumps(body, ensure_ascii=False)
    return body.strip()


def keep_references(document: bytes) -> bytes:
    """Have numeric character references in XML stay as they are written (response/xml &#65;)."""
    return document.replace(b"&#", b"&amp;#")


def signed_body(body: bytes) -> bytes:
    """Sign an empty object where there is no body (signing/aws4-get)."""
    return body or b"{}"


def in_the_clients_words(output: Mapping[str, Json]) -> dict[str, Json]:
    """Say of a refused file what the HTTP client says, if the provider is silent (files/u14)."""
    if not str(output.get("message")).startswith("HTTP error: "):
        return dict(output)
    return {**output, "message": f"Request failed with status code {output['statusCode']}"}


def without_words(output: Mapping[str, Json]) -> dict[str, Json]:
    """Tell of refused bytes the status alone (files/b6)."""
    return {"statusCode": output.get("statusCode")}


def soap_prefix(namespaces: Sequence[tuple[str, str]]) -> str:
    """Write an empty prefix where there is no namespace: `<:Operation>` (soap nons)."""
    return namespaces[0][0] if namespaces else ""


def replace_token(text: str, token: str, value: str) -> str:
    """
    Put `value` where `token` first stands, as JavaScript's `replace` does.

    Patterns such as `$&` inside the value act, and a value that contains a later token takes its
    place (interpolation/167, "basic via ${}: password pa$$w0rd").
    """
    start = text.find(token)
    if start < 0:
        return text
    before, after = text[:start], text[start + len(token) :]
    replacements = {"$$": "$", "$&": token, "$`": before, "$'": after}
    return before + re.sub(r"\$[$&`']", lambda found: replacements[found[0]], value) + after

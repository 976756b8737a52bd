"""What compat mode does only because the published engine does it.

Each function names the observed case it answers for (group/number or title of the published
vectors). Nothing here is used in strict mode.
"""

import json
import re
from typing import Final

_ROOT_PREFIX: Final = "$."


def without_root_prefixes(text: str) -> str:
    """Remove every `$.`, in prose too: `Price $.99 ${x}` (interpolation/256, jexl/255)."""
    return text.replace(_ROOT_PREFIX, "")


def as_json_text(body: str) -> str:
    """Write a raw body under a JSON content type: what is no JSON becomes a JSON string."""
    try:
        json.loads(body)
    except ValueError:
        return json.dumps(body, ensure_ascii=False)
    return body.strip()


def keep_references(document: bytes) -> bytes:
    """Have numeric character references in XML stay as they are written (section 3.1)."""
    return document.replace(b"&#", b"&amp;#")


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

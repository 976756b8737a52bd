"""Each form in which a provider may show a secret again."""

import base64
import html
import html.entities
import json
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape


def percent(text: str) -> str:
    return "".join(f"%{each:02X}" for each in text.encode())


def units(text: str) -> str:
    raw = text.encode("utf-16-be")
    return "".join(f"\\u{raw[at : at + 2].hex()}" for at in range(0, len(raw), 2))


def b64(before: str = "", after: str = "") -> Callable[[str], str]:
    return lambda text: base64.b64encode(f"{before}{text}{after}".encode()).decode()


def latin(text: str) -> bytes:
    return text.encode("latin-1") if max(text) < "\u0100" else text.encode()


def inner(text: str) -> str:
    return json.dumps(text)[1:-1]


_BY_NAME: Final = {
    each: f"&{name}"
    for name, each in html.entities.html5.items()
    if name.endswith(";") and not each.isalnum()
}

FORMS: Final[Mapping[str, Callable[[str], str]]] = {
    "plain": str,
    "percent": lambda text: quote(text, safe=""),
    "percent in small letters": lambda text: percent(text).lower(),
    "all percent": percent,
    "plus for a blank": quote_plus,
    "percent twice": lambda text: quote(quote(text, safe=""), safe=""),
    "all percent twice": lambda text: quote(percent(text), safe=""),
    "base64": b64(),
    "base64 after one": b64("a"),
    "base64 after two": b64("ab"),
    "base64 of a pair": b64("ada:"),
    "base64 of a pair, the other way": b64("", ":ada"),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "base64 in a URL": lambda text: quote(b64()(text), safe=""),
    "base64 in JSON": lambda text: b64()(text).replace("/", "\\/"),
    "hexadecimal": lambda text: text.encode().hex(),
    "hexadecimal in capitals": lambda text: text.encode().hex().upper(),
    "JSON": inner,
    "JSON in UTF-8": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "JSON of PHP": lambda text: inner(text).replace("/", "\\/"),
    "JSON by numbers": units,
    "JSON by numbers in capitals": lambda text: units(text).upper().replace("\\U", "\\u"),
    "JSON in JSON": lambda text: inner(inner(text)),
    "JSON of PHP in JSON": lambda text: inner(inner(text).replace("/", "\\/")),
    "JSON by numbers in JSON": lambda text: inner(units(text)),
    "HTML": html.escape,
    "XML": escape,
    "XML of an attribute": lambda text: html.escape(text).replace("&#x27;", "&apos;"),
    "HTML by numbers": lambda text: "".join(f"&#{ord(each)};" for each in text),
    "HTML by hexadecimal numbers": lambda text: "".join(f"&#x{ord(each):X};" for each in text),
    "HTML in HTML": lambda text: html.escape(html.escape(text)),
    "bytes of Python": lambda text: repr(text.encode())[2:-1],
    "escapes of JavaScript": lambda text: "".join(f"\\x{each:02x}" for each in text.encode()),
    "escapes of JavaScript in JSON": lambda text: inner(ascii(text)[1:-1]),
    "code points": lambda text: "".join(f"\\u{{{ord(each):x}}}" for each in text),
    "percent with u": lambda text: units(text).replace("\\", "%"),
    "percent in Latin": lambda text: quote(latin(text), safe=""),
    "base64 of Latin": lambda text: base64.b64encode(latin(text)).decode(),
    "HTML by names": lambda text: "".join(_BY_NAME.get(each, each) for each in text),
    "capitals": str.upper,
    "small letters": str.lower,
}


def is_told(secret: str, text: str) -> list[str]:
    """Return the forms of which more than a trace stands in `text`."""
    return [
        name
        for name, form in FORMS.items()
        for line in secret.split("\n")
        if len(line) >= 6 and not line.startswith("-----") and _core(form(line)) in text
    ]


def _core(form: str) -> str:
    """Leave out what padding and alignment may leave standing at either end."""
    return form.rstrip("=")[4:-4] if len(form) > 16 else form

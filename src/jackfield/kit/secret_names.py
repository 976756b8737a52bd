"""Names that say of a value that it is secret, and masking by them in text that has names."""

import re
from collections.abc import Collection, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Final
from urllib.parse import unquote_plus

MASK: Final = "[redacted]"

_NAME: Final = re.compile(
    r"authori[sz]ation|api[-_ ]?key|access[-_ ]?key|secret|passw|passphrase|credential|cookie"
    r"|private[-_ ]?key"
    r"|(?:access|refresh|bearer|session|connect|o?auth|api|csrf|xsrf|client|service|login|sso)"
    r"[-_ ]?token$"
    r"|(?:^|[-_ ])id[-_ ]?token$|^token$|^jwt$"
    r"|(?:^|[-_ ])(?:pass|pwd|pin|assertion|signature)$",
    re.IGNORECASE,
)
_LONGEST_NAME: Final = 200
# A name of too many harmless things, unless beside one of these.
_CODE: Final = "code"
_BESIDE_CODE: Final = re.compile(r"(?:^|[?&])(?:grant_type|client_id|code_verifier|state)=")
_PARAMETER: Final = re.compile(r"(^|[?&;#])([^=&?;#\s]{1,100})=([^&;#\s]+)")
_FORM: Final = re.compile(r"[^=&?\s]+=[^&?\s]*(?:&[^=&?\s]+=[^&?\s]*)*")
_MEMBER: Final = re.compile(r'"([^"\\]{1,100})"(\s{0,20}:\s{0,20})("(?:[^"\\]|\\.)*"|-?[0-9.]+)')
_ELEMENT: Final = re.compile(r"<([\w.-]+:)?([\w.-]{1,100})((?:\s[^<>]*)?)>([^<]+)</")


# Other names, in lower case, that the project of the current task calls secret.
_more: ContextVar[Collection[str]] = ContextVar("more_secret_names", default=())


@contextmanager
def also_secret(names: Collection[str]) -> Generator[None]:
    """Take these names, in lower case, for secret ones too, in this task and its threads."""
    before = _more.set(names)
    try:
        yield
    finally:
        _more.reset(before)


def is_secret_name(name: str) -> bool:
    if (more := _more.get()) and name.strip().lower() in more:
        return True
    if len(name) <= _LONGEST_NAME:
        return _is_secret(name)
    # What a long one is about stands at one of its ends.
    return _is_secret(name[:_LONGEST_NAME]) or _is_secret(name[-_LONGEST_NAME:])


@lru_cache(maxsize=4096)
def _is_secret(name: str) -> bool:
    return _NAME.search(name) is not None


def mask_parameters(text: str) -> str:
    """Mask the values of parameters with secret names, in a URL or the body of a form."""
    if "=" not in text:
        return text
    has_code = _BESIDE_CODE.search(text) is not None

    def mask(found: re.Match[str]) -> str:
        name = unquote_plus(found[2])
        is_secret = is_secret_name(name) or (has_code and name == _CODE)
        return f"{found[1]}{found[2]}={MASK}" if is_secret else found[0]

    return _PARAMETER.sub(mask, text)


def mask_named(text: str) -> str:
    """Mask values with secret names in a text that is a form, XML, or in part JSON."""
    if _FORM.fullmatch(text):
        return mask_parameters(text)
    if '"' in text:
        text = _MEMBER.sub(
            lambda found: (
                f'"{found[1]}"{found[2]}"{MASK}"' if is_secret_name(found[1]) else found[0]
            ),
            text,
        )
    if "</" in text:
        text = _ELEMENT.sub(
            lambda found: (
                found[0].replace(f">{found[4]}<", f">{MASK}<")
                if is_secret_name(found[2])
                else found[0]
            ),
            text,
        )
    return text


def named_secrets(text: str) -> Iterator[str]:
    """Yield the values of members, elements and parameters with secret names."""
    for member in _MEMBER.finditer(text):
        if is_secret_name(member[1]):
            yield member[3].strip('"')
    for element in _ELEMENT.finditer(text):
        if is_secret_name(element[2]):
            yield element[4].strip()
    if _FORM.fullmatch(text):
        for parameter in _PARAMETER.finditer(text):
            if is_secret_name(unquote_plus(parameter[2])):
                yield unquote_plus(parameter[3])

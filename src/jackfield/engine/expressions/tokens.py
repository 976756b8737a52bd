"""JEXL tokenizer."""

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from jackfield.engine.compat import Mode
from jackfield.engine.expressions.errors import SyntaxFault

Kind: TypeAlias = Literal["literal", "name", "binary", "not", "mark", "end"]

_LETTER: Final = "a-zA-Z\u0430-\u044f\u0410-\u042f_\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff$"
_TOKEN: Final = re.compile(
    rf"""
      (?P<text>'(?:\\'|[^'])*'|"(?:\\"|[^"])*")
    | (?P<blank>\s+)
    | (?P<boolean>\b(?:true|false)\b)
    | (?P<binary>//|==|!=|>=|<=|&&|\|\||\?\?|\bin\b|[+\-*/%^><])
    | (?P<not>!)
    | (?P<mark>[.\[\]|{{}}:,()?])
    | (?P<name>[{_LETTER}][0-9{_LETTER}]*)
    | (?P<number>[0-9]*\.[0-9]+|[0-9]+)
    """,
    re.VERBOSE,
)
# After these a minus is the sign of a number; the published engine omits the comma.
_SIGN_FOLLOWS: Final = frozenset({"(", "[", "?", ":"})


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    text: str
    position: int
    value: str | float | bool | None = None


def tokenize(source: str, mode: Mode) -> list[Token]:
    """
    Split `source` into tokens, an "end" token last.

    Raises:
        SyntaxFault: no token starts with some character.
    """
    tokens: list[Token] = []
    sign: int | None = None
    position = 0
    while position < len(source):
        found = _TOKEN.match(source, position)
        if found is None:
            reason = f"unexpected character {source[position]!r}"
            raise SyntaxFault(reason, position)
        word = found[0]
        if found.lastgroup != "blank":
            if sign is not None:
                tokens.append(_negative(found, sign, mode))
                sign = None
            elif word == "-" and _is_sign(tokens, mode):
                sign = position
            else:
                tokens.append(_token(found, mode))
        position = found.end()
    if sign is not None:
        tokens.append(Token("binary", "-", sign))
    tokens.append(Token("end", "", position))
    return tokens


def _is_sign(tokens: list[Token], mode: Mode) -> bool:
    if not tokens:
        return True
    last = tokens[-1]
    if last.kind in ("binary", "not"):
        return True
    return last.text in _SIGN_FOLLOWS or (mode == "strict" and last.text == ",")


def _negative(found: re.Match[str], position: int, mode: Mode) -> Token:
    if found.lastgroup != "number":
        reason = "expected a number after the minus sign"
        raise SyntaxFault(reason, found.start())
    return Token("literal", "-" + found[0], position, -_number(found[0], mode))


def _token(found: re.Match[str], mode: Mode) -> Token:  # noqa: PLR0911 - one for each kind
    word, position = found[0], found.start()
    match found.lastgroup:
        case "text":
            return Token("literal", word, position, _unquote(word))
        case "boolean":
            return Token("literal", word, position, word == "true")
        case "number":
            return Token("literal", word, position, _number(word, mode))
        case "binary":
            return Token("binary", word, position)
        case "not":
            return Token("not", word, position)
        case "name":
            return Token("name", word, position)
        case _:
            return Token("mark", word, position)


def _number(word: str, mode: Mode) -> float:
    if mode == "strict" and word.isdecimal():
        return int(word)
    double = float(word)
    return int(double) if double.is_integer() and double < 2**53 else double


def _unquote(word: str) -> str:
    quote = word[0]
    return word[1:-1].replace("\\" + quote, quote).replace("\\\\", "\\", 1)

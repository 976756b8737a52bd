"""Code with the colors of its parts, as HTML."""

from functools import cache
from html import escape
from typing import Final

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Name, Number, String

# By the classes of styles/code.css.
_CLASSES: Final = (
    (Comment, "c"),
    (String, "s"),
    (Number, "n"),
    (Keyword.Constant, "n"),
    (Keyword, "k"),
    (Name.Tag, "k"),
)
_LEXERS: Final = {
    **dict.fromkeys(("sh", "console"), "bash"),
    **{name: name for name in ("json", "yaml", "python", "go", "ruby", "html", "css", "ini")},
    "js": "javascript",
    "jsx": "jsx",
    "ts": "typescript",
    "nginx": "nginx",
}


def highlight(code: str, language: str) -> str:
    """Return code as HTML; that of a language which is not known is in one color."""
    if language not in _LEXERS:
        return escape(code)
    tokens = _lexer(_LEXERS[language]).get_tokens(code)
    parts: list[str] = []
    for kind, text in tokens:
        class_ = next((name for known, name in _CLASSES if kind in known), None)
        part = escape(text)
        parts.append(f'<span class="{class_}">{part}</span>' if class_ else part)
    return "".join(parts)


@cache
def _lexer(name: str) -> Lexer:
    return get_lexer_by_name(name, stripnl=False, ensurenl=False)

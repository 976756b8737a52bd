"""The `Content-Disposition` header, read and written."""

import mimetypes
import re
from typing import Final
from urllib.parse import quote, unquote

_EXTENDED: Final = re.compile(r"filename\*\s*=\s*\"?([\w-]+)'[^']*'([^;\"]+)", re.IGNORECASE)
_QUOTED: Final = re.compile(r'filename\s*=\s*"((?:\\.|[^"\\])*)"', re.IGNORECASE)
_BARE: Final = re.compile(r"filename\s*=\s*([^;\s\"]+)", re.IGNORECASE)
_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f/\\]")
_EXTENSIONS: Final = {
    "application/json": "json",
    "application/pdf": "pdf",
    "application/zip": "zip",
    "application/xml": "xml",
    "application/octet-stream": "bin",
    "image/jpeg": "jpg",
    "image/png": "png",
    "text/csv": "csv",
    "text/html": "html",
    "text/plain": "txt",
}

# Without the tables of the machine, so that results do not depend on it.
_TYPES: Final = mimetypes.MimeTypes()


def name_in(disposition: str) -> str | None:
    """Return the file name in a Content-Disposition, without folders."""
    if found := _EXTENDED.search(disposition):
        name = _unquoted(found[2].strip(), found[1])
    elif found := _QUOTED.search(disposition):
        name = re.sub(r"\\(.)", r"\1", found[1])
    elif found := _BARE.search(disposition):
        name = found[1].strip("'")
    else:
        return None
    return _UNSAFE.sub("_", name) or None


def _unquoted(text: str, charset: str) -> str:
    try:
        return unquote(text, encoding=charset, errors="replace")
    except LookupError:
        return unquote(text)


def disposition_of(name: str | None, content_type: str) -> str:
    """Return a Content-Disposition; without a name, one is derived from the content type."""
    if name is None:
        extension = _extension_of(content_type)
        return f'attachment; filename="download.{extension}"' if extension else "attachment"
    plain = name.replace("\\", "_").replace('"', "'")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def type_of(name: str) -> str | None:
    """Guess a file's content type by its name."""
    return _TYPES.guess_type(name)[0]


def _extension_of(content_type: str) -> str | None:
    kind = content_type.partition(";")[0].strip().lower()
    if kind in _EXTENSIONS:
        return _EXTENSIONS[kind]
    guessed = mimetypes.guess_extension(kind) if kind else None
    return guessed.removeprefix(".") if guessed else None

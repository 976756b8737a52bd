"""Code that verifies the signature of a delivery, in the languages of receivers."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

LANGUAGES: Final[Mapping[str, str]] = {
    "Python": "verify.py",
    "TypeScript": "verify.ts",
    "Go": "verify.go",
    "Ruby": "verify.rb",
}


@cache
def snippets() -> Mapping[str, str]:
    """Return the code by language; it needs the standard library alone."""
    folder = resources.files("jackfield.webhooks.catalogue") / "verification"
    return {
        language: (folder / f"{name}.txt").read_text("utf-8")
        for language, name in LANGUAGES.items()
    }

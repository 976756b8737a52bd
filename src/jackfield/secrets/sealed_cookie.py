"""Sealed texts of cookies: the browser that carries one can neither read nor change it."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

from jackfield.kit.ids import ProjectId
from jackfield.kit.secret import Secret
from jackfield.vault.cipher import Binding, SealBroken, Vault

# They belong to no project yet.
_NOWHERE = ProjectId("browser")


def seal_for_browser(vault: Vault, purpose: str, text: str) -> str:
    return urlsafe_b64encode(vault.seal(Secret(text), _binding(purpose))).decode()


def open_from_browser(vault: Vault, purpose: str, sealed: str) -> str:
    """
    Open what `seal_for_browser` returned for the same purpose.

    Raises:
        SealBroken: it is something else.
    """
    try:
        content = urlsafe_b64decode(sealed)
    except ValueError:
        raise SealBroken from None
    return vault.open(content, _binding(purpose)).reveal()


def _binding(purpose: str) -> Binding:
    return Binding(_NOWHERE, purpose, "text", 1)

"""
Signatures of connectors: a key vouches for the files of one, and for what it may do.

What is signed is the text that is compiled, not the files it was put together from: nothing can be
changed between the two. The signature is beside the connector, in `signature.json`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, NoReturn, TypeAlias

import msgspec

from jackfield.connectors.changes import hosts_of
from jackfield.connectors.connector import Connector, Icon
from jackfield.connectors.diagnostics import Diagnostic, InvalidConnector
from jackfield.connectors.quality import QUALITY_FILE

SIGNATURE_FILE: Final = "signature.json"
_FORMAT: Final = 1
# So that nothing else that a key might sign passes for a connector.
_PREFIX: Final = b"jackfield connector 1\n"
# Of an action that does not say what it does.
_UNSTATED: Final = "unstated"

IsSignature: TypeAlias = Callable[[str, str, bytes], bool]


class Capabilities(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a connector may do: hosts that get credentials, effects of actions, scopes it asks for."""

    hosts: tuple[str, ...]
    effects: tuple[str, ...]
    scopes: tuple[str, ...]


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is signed; `text` and `files` are SHA-256 in hexadecimal."""

    format: int
    connector: str
    version: str
    text: str
    files: dict[str, str]
    capabilities: Capabilities


class Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A manifest with its signature by the key whose public half is `key`, in hexadecimal."""

    manifest: Manifest
    key: str
    signature: str


@dataclass(frozen=True, slots=True)
class Signers:
    """The public keys, in hexadecimal, that connectors have to be signed by one of."""

    keys: frozenset[str]
    is_signature: IsSignature

    def require(self, connector: Connector, text: str) -> Signature:
        """
        Return the signature of a connector that was compiled from `text`.

        Raises:
            InvalidConnector: it is not signed by one of the keys as it is.
        """
        signature = read_signature(connector)
        manifest = signature.manifest
        if signature.key not in self.keys:
            _refuse(connector, f"It is signed by {signature.key}, and not by a key of this hub.")
        if not self.is_signature(signature.key, signature.signature, signed_bytes(manifest)):
            _refuse(connector, "The signature is not one of this manifest by this key.")
        if manifest.format != _FORMAT:
            _refuse(connector, f"The format {manifest.format} of its signature is not known here.")
        if changed := _changes(connector, text, manifest):
            _refuse(
                connector,
                f"It is not as it was signed, but {', '.join(changed)} changed: look at it, and sign it again.",
            )
        return signature


def capabilities_of(connector: Connector) -> Capabilities:
    effects = {each for action in connector.actions for each in action.effects or (_UNSTATED,)}
    scopes = {each.name for each in connector.scope_definitions}
    return Capabilities(
        tuple(sorted(hosts_of(connector))), tuple(sorted(effects)), tuple(sorted(scopes))
    )


def manifest_of(connector: Connector, text: str) -> Manifest:
    """Return what is to be signed of a connector that was compiled from `text`."""
    return Manifest(
        _FORMAT,
        connector.key,
        connector.version,
        sha256(text.encode()).hexdigest(),
        _files(connector),
        capabilities_of(connector),
    )


def signed_bytes(manifest: Manifest) -> bytes:
    return _PREFIX + msgspec.json.encode(manifest, order="deterministic")


def read_signature(connector: Connector) -> Signature:
    """
    Read the signature beside a connector, without proving it.

    Raises:
        InvalidConnector: there is none, or it cannot be read.
    """
    file = connector.file.with_name(SIGNATURE_FILE)
    if not connector.files.exists(file):
        _refuse(connector, "It is not signed: `jackfield connectors sign` does that.")
    try:
        return msgspec.json.decode(connector.files.read(file), type=Signature)
    except (OSError, msgspec.DecodeError, RecursionError) as error:
        _refuse(connector, f"The signature cannot be read: {error}.")


def _changes(connector: Connector, text: str, manifest: Manifest) -> list[str]:
    """Return what is another than was signed, each in a few words."""
    found = manifest_of(connector, text)
    changed = [
        f"its {name}" for name in ("connector", "version", "text")
        if getattr(found, name) != getattr(manifest, name)
    ]  # fmt: skip
    names = sorted(found.files.keys() | manifest.files.keys())
    changed += [each for each in names if found.files.get(each) != manifest.files.get(each)]
    for kind in Capabilities.__struct_fields__:
        allowed = getattr(manifest.capabilities, kind)
        more = [each for each in getattr(found.capabilities, kind) if each not in allowed]
        changed += [f"{kind} {each}" for each in more]
    return changed


def _files(connector: Connector) -> dict[str, str]:
    files = (each for each in beside(connector) if each.name != SIGNATURE_FILE)
    return {each.name: sha256(connector.files.read(each)).hexdigest() for each in files}


def beside(connector: Connector) -> list[Path]:
    """Return the files of a connector, besides its text, that are there."""
    icon = [connector.icon.file] if isinstance(connector.icon, Icon) else []
    found = [*icon, *map(connector.file.with_name, (QUALITY_FILE, SIGNATURE_FILE))]
    return [each for each in found if connector.files.exists(each)]


def _refuse(connector: Connector, message: str) -> NoReturn:
    file = connector.file.with_name(SIGNATURE_FILE)
    raise InvalidConnector([Diagnostic(file, 1, 1, "", message)])

"""`jackfield connectors sign`: a key vouches for connectors and for what they may do."""

from collections.abc import Collection, Mapping
from pathlib import Path

import msgspec

from jackfield.cli.connector_check import line_of, main_files
from jackfield.cli.output import fail, print_json, print_table, say
from jackfield.connectors.connector import Connector
from jackfield.connectors.diagnostics import InvalidConnector
from jackfield.connectors.loading.loader import read
from jackfield.connectors.signatures import (
    SIGNATURE_FILE,
    Manifest,
    Signature,
    manifest_of,
    signed_bytes,
)
from jackfield.vault.ed25519 import SigningKey, make_key_file
from jackfield.vault.pasted_keys import UnusableKey


def sign_connectors(
    path: Path, key_file: Path, *, allowed: Mapping[str, Collection[str]], as_json: bool
) -> None:
    """Sign every connector at or below `path`; none, if one may not be signed."""
    key = _key(key_file)
    read_ones = [_read(file) for file in main_files(path)]
    folders = [connector.file.parent for connector, _ in read_ones]
    if len(set(folders)) < len(folders):
        fail("two connectors share a folder, which has room for one signature; part them")
    manifests = [(connector, manifest_of(connector, text)) for connector, text in read_ones]
    for connector, manifest in manifests:
        _require(connector, manifest, allowed)
    for connector, manifest in manifests:
        signature = Signature(manifest, key.public, key.sign(signed_bytes(manifest)))
        content = msgspec.json.format(msgspec.json.encode(signature), indent=2) + b"\n"
        file = connector.file.with_name(SIGNATURE_FILE)
        try:
            file.write_bytes(content)
        except OSError as error:
            fail(f"{file} cannot be written: {error.strerror}")
    if as_json:
        print_json({"key": key.public, "signed": [manifest for _, manifest in manifests]})
        return
    print_table(
        ["connector", "version", "effects", "hosts"],
        [
            (
                each.connector,
                each.version,
                ", ".join(each.capabilities.effects),
                ", ".join(each.capabilities.hosts),
            )
            for _, each in manifests
        ],
        empty="",
    )
    say(f"signed by {key.public}", err=True)
    say(f"a hub takes no others with JACKFIELD_CONNECTOR_SIGNERS={key.public}", err=True)


def _key(file: Path) -> SigningKey:
    try:
        if not file.exists():
            make_key_file(file)
            say(f"made a new key in {file}: keep it to yourself", err=True)
        return SigningKey(file)
    except OSError as error:
        fail(f"{file}: {error.strerror}")
    except UnusableKey as error:
        fail(str(error))


def _read(file: Path) -> tuple[Connector, str]:
    try:
        return read(file)
    except InvalidConnector as invalid:
        for each in invalid.findings:
            say(line_of(each), err=True)
        fail(f"{file} is not signed: it has errors")


def _require(
    connector: Connector, manifest: Manifest, allowed: Mapping[str, Collection[str]]
) -> None:
    for kind, values in allowed.items():
        plain = _plain_host if kind == "hosts" else str
        known = set(map(plain, values))
        found = getattr(manifest.capabilities, kind)
        if values and (more := [each for each in found if plain(each) not in known]):
            fail(f"{connector.key!r} is not signed: its {kind} are not allowed: {', '.join(more)}")


def _plain_host(host: str) -> str:
    # A connector names it with a scheme in its addresses, and without one in `hosts`.
    return host.lower().removeprefix("https://")

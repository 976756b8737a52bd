"""A hub that takes no connector which is not signed by a key of its operator's."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from jackfield.cli.connector_sign import sign_connectors
from jackfield.connectors.diagnostics import InvalidConnector
from jackfield.connectors.loading.loader import load
from jackfield.installation import signers_of
from jackfield.uploads import publication
from jackfield.vault.ed25519 import SigningKey
from tests.support.running import HubWith, write_connectors
from tests.support.uploads import KEY, MAIN, document, press, upload

pytestmark = pytest.mark.anyio

ICON = '<svg xmlns="http://www.w3.org/2000/svg"/>'
WITH_ICON = {"description: Things.}": "description: Things., assets: {icon: icon.svg}}"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = write_connectors(tmp_path / "operator", {KEY: document(**WITH_ICON)})
    (made / KEY / "icon.svg").write_text(ICON)
    return made


def sign(folder: Path, key: str = "signing.pem") -> str:
    """Sign what is in a folder, and return the public half of the key."""
    sign_connectors(folder, folder.parent / key, allowed={}, as_json=True)
    return SigningKey(folder.parent / key).public


def fault(folder: Path, *keys: str) -> str:
    """Return why the connector is refused; nothing if it is not."""
    try:
        load(folder / KEY / MAIN, signers=signers_of(keys))
    except InvalidConnector as invalid:
        return " ".join(each.message for each in invalid.findings)
    return ""


async def test_only_signed_connectors_are_there_beside_the_hubs_own(
    hub_with: HubWith, folder: Path
) -> None:
    key = sign(folder)
    write_connectors(folder / "more", {"other": document(**{"key: acme": "key: other"})})
    async with hub_with(connectors=folder, connector_signers=(key,)) as hub:
        listed = {each["provider"] for each in (await hub.api.get("/connectors/meta")).json()}
        findings = [str(each) for each in hub.hub.catalog.findings if each.is_error]
        icon = folder / KEY / "icon.svg"
        icon.write_text(ICON.replace("/>", " id='x'/>"))
        hub.hub.catalog.reload_if_changed()
        shown = await hub.api.get(f"/connectors/{KEY}/icon")
        changed = [str(each) for each in hub.hub.catalog.findings if each.is_error]

    assert {KEY, "iterable", "stripe"} <= listed
    assert "other" not in listed
    (finding,) = findings
    assert "It is not signed" in finding
    # What was proved stays in use.
    assert shown.text == ICON
    assert any("icon.svg changed" in each for each in changed)


def written(name: str, content: bytes) -> Callable[[Path], Any]:
    return lambda folder: (folder / name).write_bytes(content)


def manifest(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], Any]:
    def apply(folder: Path) -> None:
        file = folder / "signature.json"
        content = json.loads(file.read_bytes())
        change(content)
        file.write_bytes(json.dumps(content).encode())

    return apply


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda folder: (folder / "signature.json").unlink(), "It is not signed"),
        (written("signature.json", b"{"), "cannot be read"),
        (written("signature.json", b"[" * 100_000), "cannot be read"),
        (written("icon.svg", b"<svg/>"), "icon.svg changed"),
        (lambda folder: (folder / "icon.svg").unlink(), "icon.svg changed"),
        (written("quality.yaml", b"level: gold"), "quality.yaml changed"),
        (written(MAIN, document("1.0.1", **WITH_ICON).encode()), "its version, its text changed"),
        (
            written(
                MAIN,
                document(
                    **WITH_ICON, **{"https://api.acme": "https://api.evil", "[read]": "[delete]"}
                ).encode(),
            ),
            "its text, hosts https://api.evil.example, effects delete changed",
        ),
        (
            manifest(lambda content: content["manifest"]["capabilities"].update(effects=["write"])),
            "not one of this manifest",
        ),
        (manifest(lambda content: content["manifest"].update(more=1)), "cannot be read"),
        (manifest(lambda content: content.update(signature="00" * 64)), "not one of this manifest"),
        (manifest(lambda content: content.update(signature="zz")), "not one of this manifest"),
        (manifest(lambda content: content.update(key="00" * 32)), "not by a key of this hub"),
    ],
)
def test_whatever_is_not_as_it_was_signed_is_refused(
    folder: Path, change: Callable[[Path], Any], said: str
) -> None:
    key = sign(folder)
    assert fault(folder, key) == ""

    change(folder / KEY)

    assert said in fault(folder, key)


def test_one_of_several_keys_is_enough_and_another_is_not(folder: Path) -> None:
    first = sign(folder)
    second = sign(folder, "second.pem")

    assert first != second
    assert fault(folder, first, second) == fault(folder, second) == ""
    assert "not by a key of this hub" in fault(folder, first)
    assert (folder.parent / "second.pem").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("named", ["api.acme.example", "https://API.acme.example"])
def test_a_connector_with_other_hosts_is_not_signed(folder: Path, named: str) -> None:
    def sign_for(host: str) -> None:
        sign_connectors(
            folder, folder.parent / "signing.pem", allowed={"hosts": [host]}, as_json=True
        )

    with pytest.raises(click.exceptions.Exit):
        sign_for("acme.example")
    assert not (folder / KEY / "signature.json").exists()

    sign_for(named)
    assert (folder / KEY / "signature.json").exists()


async def test_what_was_uploaded_before_is_named_where_it_is_not_signed(
    hub_with: HubWith, folder: Path
) -> None:
    async with hub_with() as hub:
        draft = (await upload(hub, document())).json()
        await press(hub, draft["version"]["id"])
    async with hub_with(connector_signers=(sign(folder),)) as hub:
        await publication.follow(hub.hub)
        (finding,) = [str(each) for each in hub.hub.catalog.findings if each.is_error]

    assert finding.startswith("acme/1.0.0/signature.json:1:1: error: It is not signed")


async def test_an_uploaded_connector_has_to_be_signed_as_well(
    hub_with: HubWith, folder: Path
) -> None:
    key = sign(folder)
    signature = (folder / KEY / "signature.json").read_text()
    text = document(**WITH_ICON)
    async with hub_with(connector_signers=(key,)) as hub:
        unsigned = (await upload(hub, text, **{"icon.svg": ICON})).json()
        other = {"icon.svg": "<svg/>", "signature.json": signature}
        changed = (await upload(hub, text, **other)).json()
        signed = (await upload(hub, text, **{**other, "icon.svg": ICON})).json()
        published = await press(hub, signed["version"]["id"])
        running = hub.hub.catalog.find(KEY)

    assert [each["publishable"] for each in (unsigned, changed, signed)] == [False, False, True]
    assert "It is not signed" in unsigned["findings"][0]["message"]
    assert "icon.svg changed" in changed["findings"][0]["message"]
    assert published.status_code == 200
    assert running is not None

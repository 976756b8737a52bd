"""The page about the OAuth sandbox says what is so."""

import re
from pathlib import Path

import msgspec

from jackfield.sandbox.oauth.app import ENDPOINTS
from jackfield.sandbox.oauth.conduct import Terms
from jackfield.sandbox.oauth.control import CONTROLS, PREFIX
from jackfield.sandbox.oauth.faults import Fault, FaultKind
from tools.reference import FOLDER, behaviors_page

PAGE = (Path(__file__).parents[3] / "docs" / "sandbox-oauth.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return re.split(r"^##+ ", PAGE.partition(f"# {title}\n")[2], flags=re.MULTILINE)[0]


def first_cells(text: str) -> set[str]:
    cells = re.findall(r"^\| (`.*?) \|", text, flags=re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`([\w.-]+)`", cell)}


def test_the_page_of_behaviors_is_the_generated_one() -> None:
    assert (FOLDER / "oauth-behaviors.md").read_text(encoding="utf-8") == behaviors_page()


def test_every_setting_of_a_client_is_explained() -> None:
    assert first_cells(section("Settings of any client")) == set(Terms.__struct_fields__)


def test_every_fault_is_explained() -> None:
    text = section("Faults")

    assert first_cells(text) == set(FaultKind)
    assert all(f"`{name}`" in text or name == "kind" for name in Fault.__struct_fields__)
    assert all(f"`{name}`" in text for name, _ in ENDPOINTS.values())


def test_the_shown_faults_and_clients_can_be_added() -> None:
    for shown in re.findall(r"-d '(\{\"(?:kind|status)\".*?\})'", PAGE):
        assert msgspec.json.decode(shown, type=Fault).client_id == "demo-client"


def test_every_control_is_explained_and_every_explained_one_exists() -> None:
    explained = {
        (method, name)
        for methods, name in re.findall(rf"^\| (`.*?) {PREFIX}(\w*)`", PAGE, re.MULTILINE)
        for method in re.findall(r"[A-Z]+", methods)
    }

    assert explained == set(CONTROLS)


def test_every_address_is_explained() -> None:
    text = section("What it has") + section("Fernwood")

    assert [
        path for path in ENDPOINTS if f"`{path}`" not in text and "-resource/" not in path
    ] == []

"""The page about the sandbox says what is so."""

import re
from pathlib import Path

import msgspec
import pytest

from jackfield.sandbox.iterable import control
from jackfield.sandbox.iterable.access.keys import make_keys
from jackfield.sandbox.iterable.faults import Fault, FaultKind
from jackfield.sandbox.iterable.regions import Region
from jackfield.sandbox.iterable.seed.files import parse_seeds
from jackfield.sandbox.iterable.state.settings import Features, Settings
from tests.sandbox.client import Client

PAGE = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")


def names(type_: type[msgspec.Struct]) -> set[str]:
    return {field.encode_name for field in msgspec.structs.fields(type_)}


def section(title: str) -> str:
    return re.split(r"^##+ ", PAGE.partition(f"# {title}\n")[2], flags=re.MULTILINE)[0]


def first_cells(text: str) -> set[str]:
    return set(re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE))


def test_every_setting_and_feature_is_explained() -> None:
    text = section("Settings")

    assert first_cells(text) == names(Settings)
    assert all(f"`{feature}`" in text for feature in names(Features))


def test_every_kind_of_fault_is_explained() -> None:
    assert first_cells(section("Faults")) == set(FaultKind)


def test_every_key_is_explained_and_the_shown_one_is_real() -> None:
    keys = make_keys(Region.US)

    assert first_cells(section("Keys")) == set(keys)
    assert PAGE.count(keys["server_side"].value) == 2


def test_every_control_is_explained_and_every_explained_one_exists(us: Client) -> None:
    explained = {
        (method, path)
        for methods, path in re.findall(r"^\| (`.*?) /__sandbox__/(\w*)`", PAGE, re.MULTILINE)
        for method in re.findall(r"[A-Z]+", methods)
    }
    known = re.findall(
        rf"(\w+) {control.PREFIX}(\w*)", " ".join(us.get("/__sandbox__/nothing").json["controls"])
    )

    assert explained == set(known)


@pytest.mark.parametrize("seed", re.findall(r"```json\n(.*?)```", PAGE, flags=re.DOTALL))
def test_the_shown_seed_can_be_planted(us: Client, seed: str) -> None:
    assert parse_seeds(seed.encode()).us.users == 100_000

    answer = us.call("POST", "/__sandbox__/seed", body=seed.replace("100000", "10").encode())

    assert answer.status == 200, answer.text
    assert answer.json["contents"]["users"] == 11


@pytest.mark.parametrize("fault", re.findall(r"-d '(\{\"kind\".*?\})'", PAGE))
def test_the_shown_faults_can_be_added(fault: str) -> None:
    assert msgspec.json.decode(fault, type=Fault).times is not None

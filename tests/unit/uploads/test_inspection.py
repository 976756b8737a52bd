"""What is found wrong with an uploaded connector, and that reading it does no harm."""

import time
from pathlib import Path

import pytest

from jackfield.connectors.connector import Icon
from jackfield.uploads.inspection import Inspection, inspect, told_key
from jackfield.uploads.trial import try_cases
from tests.support.uploads import CASES, DOCUMENT, KEY, bundle, document

LAUGHS = "".join(
    f"l{level}: &l{level} [{', '.join([f'*l{level - 1}'] * 10)}]\n" for level in range(1, 9)
)
BOMBS = {
    "aliases that unfold to a hundred million values": f"l0: &l0 [x]\n{LAUGHS}",
    "an alias of itself": "a: &a [*a]\n",
    "a hundred thousand levels": "[" * 100_000,
    "a key of a hundred thousand levels": "? " * 100_000,
    "a tag that makes an object": "!!python/object/apply:os.system ['true']\n",
    "a partial that includes itself": "actions:\n  - $ref: acme.loop\n",
}


def faults(found: Inspection) -> list[str]:
    return [each.diagnostic.message for each in found.errors]


def test_a_connector_without_a_fault_can_be_published() -> None:
    found = inspect(bundle(), key=KEY)

    assert found.is_publishable
    assert (found.key, found.version, found.findings) == (KEY, "1.0.0", ())


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_a_document_that_would_burst_is_refused_at_once(text: str) -> None:
    partial = "- $ref: acme.loop\n"
    started = time.process_time()

    found = inspect(bundle(text, **{"acme.loop.s1.partial.yaml": partial}), key=KEY)

    assert not found.is_publishable
    assert time.process_time() - started < 10


def test_nothing_is_read_but_what_was_uploaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "icon.svg").write_text("<svg>secret</svg>")
    (tmp_path / "acme.secret.s1.partial.yaml").write_text("- actionId: stolen\n")
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "secret.yaml").write_text(CASES)
    outside = tmp_path / "icon.svg"

    partial = inspect(
        bundle(document(**{"actions:\n": "actions:\n  - $ref: acme.secret\n"})), key=KEY
    )
    icons = [
        inspect(
            bundle(document(**{"key: acme,": f"key: acme, assets: {{icon: '{name}'}},"})), key=KEY
        )
        for name in ("icon.svg", str(outside), "../icon.svg", "cases/../icon.svg")
    ]

    assert any("There is no 'acme.secret.s1.partial.yaml'" in each for each in faults(partial))
    assert [each.connector and each.connector.icon for each in icons] == [None] * 4


def test_the_icon_is_one_of_the_files() -> None:
    text = document(**{"key: acme,": "key: acme, assets: {icon: icon.svg},"})

    found = inspect(bundle(text, **{"icon.svg": "<svg/>"}), key=KEY)

    assert found.connector is not None
    assert isinstance(found.connector.icon, Icon)
    assert found.connector.icon.read() == b"<svg/>"


def test_a_fault_of_a_partial_names_its_own_file_and_quotes_its_line() -> None:
    main = DOCUMENT.partition("actions:")[0] + "actions:\n  - $ref: acme.things\n"
    action = DOCUMENT.partition("actions:\n")[2].replace("effects: [read]", "effects: [reads]")

    found = inspect(bundle(main, **{"acme.things.s1.partial.yaml": action}), key=KEY)

    (fault,) = found.errors
    assert str(fault.diagnostic.file) == "acme.things.s1.partial.yaml"
    assert fault.diagnostic.line == 6
    assert fault.quote[fault.mark :] == "reads]"


def test_a_connector_that_is_not_strict_or_has_another_key_or_version_is_told_so() -> None:
    loose = inspect(bundle(document(**{"engine: strict\n": ""})), key=KEY)
    other = inspect(bundle(document(**{"key: acme,": "key: acme_two,"})), key=KEY)
    again = inspect(bundle(), key=KEY, published={"1.0.0"})
    long = inspect(bundle(document(f"1.0.0-{'a' * 64}")), key=KEY)
    page = inspect(bundle(document(**{"key: acme,": "key: upload,"})), key="upload")

    assert "'engine: strict'" in faults(loose)[0]
    assert "never changes" in faults(other)[0]
    assert "Raise the version" in faults(again)[0]
    assert "at most 64" in faults(long)[0]
    assert "Take another key" in faults(page)[0]


def test_an_action_whose_id_is_that_of_another_connectors_is_refused() -> None:
    other = inspect(bundle(document(**{"key: acme,": "key: acme_list,", "list_things": "things"})),
                    key="acme_list")  # fmt: skip
    assert other.connector is not None

    found = inspect(bundle(), key=KEY, others=[other.connector])

    assert "may mean" in faults(found)[0]


def test_the_key_is_read_from_a_document_with_faults_or_else_from_the_files_name() -> None:
    assert told_key(bundle("info: {key: told}")) == "told"
    assert told_key(bundle("info: [")) == KEY


@pytest.mark.anyio
async def test_cases_that_are_none_or_are_not_met_do_not_pass() -> None:
    files = bundle(
        **{
            "cases/good.yaml": CASES,
            "cases/none.yaml": "case: no list",
            "cases/wrong.yaml": CASES.replace("output: [{id: one}]", "output: []"),
        }
    )
    found = inspect(files, key=KEY)
    assert found.connector is not None

    results = await try_cases(found.connector, files)

    passed = {each.file: each.passed for each in results}
    assert passed == {"cases/good.yaml": True, "cases/none.yaml": False, "cases/wrong.yaml": False}


@pytest.mark.anyio
async def test_a_pattern_of_a_case_cannot_take_forever() -> None:
    pattern = "([a-z/*]+)+!"
    case = CASES.replace(
        "expect: {method: GET, path: /things}",
        f"expect: {{method: GET, path: /things, headers: {{accept: {{matches: '{pattern}'}}}}}}",
    )
    files = bundle(**{"cases/slow.yaml": case})
    found = inspect(files, key=KEY)
    assert found.connector is not None

    (result,) = await try_cases(found.connector, files)

    assert not result.passed

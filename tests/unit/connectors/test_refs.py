from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.connectors import yaml
from jackfield.connectors.diagnostics import InvalidConnector
from jackfield.connectors.loading import includes
from jackfield.connectors.yaml import Place

Write = Callable[..., Path]


@pytest.mark.parametrize(
    ("main", "partial"),
    [
        ("actions:\n  $ref: acme.users\n", "- actionId: a\n  label: A\n"),
        ("actions:\n  - $ref: acme.users\n", "- actionId: a\n  label: A\n"),
        ("$ref: acme.users\n", "actions:\n  - actionId: a\n    label: A\n"),
        ('actions:\n    "$ref": "acme.users"  # people\n', "- actionId: a\n  label: A\n"),
    ],
)
def test_a_partial_stands_in_for_its_ref(write: Write, main: str, partial: str) -> None:
    source = includes.resolve(write(main, users=partial))

    assert yaml.parse(source.text).value == {"actions": [{"actionId": "a", "label": "A"}]}


def test_the_key_may_be_repeated(write: Write) -> None:
    main = "actions:\n  $ref: acme.users\n  $ref: acme.lists\n"

    source = includes.resolve(write(main, users="- a: 1\n", lists="- b: 2\n"))

    assert yaml.parse(source.text).value == {"actions": [{"a": 1}, {"b": 2}]}


def test_a_partial_may_include_another(write: Write) -> None:
    source = includes.resolve(
        write(
            "actions:\n  - $ref: acme.outer\n", outer="- a: 1\n- $ref: acme.inner\n", inner="- b: 2"
        )
    )

    assert yaml.parse(source.text).value == {"actions": [{"a": 1}, {"b": 2}]}


def test_every_line_knows_the_file_it_was_written_in(write: Write, tmp_path: Path) -> None:
    main = write("a: 1\nactions:\n    - $ref: acme.users\nz: 2\n", users="- x: 1\n\n- y: 2\n")

    source = includes.resolve(main)

    partial = tmp_path / "acme.users.s1.partial.yaml"
    y = next(n for n, line in enumerate(source.text.split("\n"), 1) if "y: 2" in line)
    z = next(n for n, line in enumerate(source.text.split("\n"), 1) if "z: 2" in line)
    assert source.origin(Place(1, 1)) == (main, Place(1, 1))
    assert source.origin(Place(y, 7)) == (partial, Place(3, 3))
    assert source.origin(Place(z, 1)) == (main, Place(4, 1))


def test_a_ref_inside_prose_is_prose(write: Write) -> None:
    text = "details: |\n  Write this:\n    $ref: acme.users\nactions: []\n"

    source = includes.resolve(write(text))

    assert yaml.parse(source.text).value["details"] == "Write this:\n  $ref: acme.users\n"


@pytest.mark.parametrize(
    ("main", "message"),
    [
        ("actions:\n  $ref: acme.nobody\n", "There is no 'acme.nobody.s1.partial.yaml'"),
        ("actions:\n  $ref: ../acme.users\n", "is not the name of a partial"),
        ("actions:\n  $ref: /etc/passwd\n", "is not the name of a partial"),
        ("actions:\n  $ref: acme.circle\n", "in a circle"),
    ],
)
def test_a_ref_that_leads_nowhere_is_refused_with_its_place(
    write: Write, main: str, message: str
) -> None:
    file = write(main, circle="- a: 1\n- $ref: acme.circle\n")

    with pytest.raises(InvalidConnector, match=message) as invalid:
        includes.resolve(file)

    assert [finding.line for finding in invalid.value.findings] == [2]


def test_all_refs_that_lead_nowhere_are_told_at_once(write: Write) -> None:
    file = write("actions:\n  $ref: acme.one\n  $ref: acme.two\n")

    with pytest.raises(InvalidConnector) as invalid:
        includes.resolve(file)

    assert [finding.line for finding in invalid.value.findings] == [2, 3]


def test_a_partial_may_not_be_a_link_out_of_the_folder(write: Write, tmp_path: Path) -> None:
    outside = tmp_path.parent / "outside.yaml"
    outside.write_text("- secret: 1\n", encoding="utf-8")
    file = write("actions:\n  $ref: acme.link\n")
    (tmp_path / "acme.link.s1.partial.yaml").symlink_to(outside)

    with pytest.raises(InvalidConnector, match="leads out of"):
        includes.resolve(file)


def test_partials_that_multiply_are_refused(write: Write) -> None:
    doubling = {f"p{n}": f"- $ref: acme.p{n + 1}\n- $ref: acme.p{n + 1}\n" for n in range(20)}
    file = write("actions:\n  - $ref: acme.p0\n", **doubling, p20="- a: 1\n")

    with pytest.raises(InvalidConnector, match="larger than"):
        includes.resolve(file)


def test_a_huge_file_is_refused_unread(write: Write) -> None:
    file = write()
    with file.open("ab") as opened:
        opened.truncate(16 * 1024 * 1024)

    with pytest.raises(InvalidConnector, match="larger than"):
        includes.resolve(file)


def test_a_file_that_is_no_text_is_refused(write: Write) -> None:
    file = write()
    file.write_bytes(b"a: 1\nb: \xff\n")

    with pytest.raises(InvalidConnector, match="UTF-8") as invalid:
        includes.resolve(file)

    assert invalid.value.findings[0].line == 2


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidConnector, match="cannot be read"):
        includes.resolve(tmp_path / "nobody.connector.s1.yaml")


@given(
    st.lists(
        st.sampled_from(["- a: 1", "  b: |", "    $ref: x", "", "- $ref: acme.p", "\tc", "é"])
    ),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_lines_keep_their_places_through_any_inclusion(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], ending: str
) -> None:
    folder = tmp_path_factory.mktemp("any")
    main = folder / "acme.connector.s1.yaml"
    main.write_bytes(ending.join(lines).encode())
    written = {main: lines or [""]}
    for name in ("acme.p", "x"):
        partial = folder / f"{name}.s1.partial.yaml"
        partial.write_text("- p: 1\n- q: 2", encoding="utf-8")
        written[partial] = ["- p: 1", "- q: 2"]

    source = includes.resolve(main)

    for number, line in enumerate(source.text.split("\n"), 1):
        file, place = source.origin(Place(number, 1))
        assert written[file][place.line - 1].strip() == line.strip()

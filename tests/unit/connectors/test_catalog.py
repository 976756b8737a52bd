import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from jackfield.connectors.catalog import ActionNotFound, Catalog, ConnectorNotFound
from tests.unit.connectors.conftest import MAIN

Write = Callable[..., Path]


def place(folder: Path, key: str, text: str = MAIN) -> Path:
    file = folder / key / f"{key}.connector.s1.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text.replace("key: acme", f"key: {key}"), encoding="utf-8")
    # Written within one tick of the file system's clock, a change would not be seen.
    stat = file.stat()
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns + len(text) * 1_000_000))
    return file


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    place(tmp_path, "acme")
    place(tmp_path / "deeper" / "down", "acme_mail")
    catalog = Catalog([tmp_path])
    catalog.load()
    return catalog


def test_connectors_are_found_anywhere_below_a_folder(catalog: Catalog) -> None:
    assert [connector.key for connector in catalog.connectors()] == ["acme", "acme_mail"]
    assert catalog.get("acme").title == "Acme"


def test_an_action_belongs_to_the_connector_with_the_longest_key(catalog: Catalog) -> None:
    assert catalog.action("acme_list_things")[0].key == "acme"
    assert catalog.action("acme_mail_list_things")[0].key == "acme_mail"
    assert catalog.action("acme_mail_list_things")[1].id == "acme_mail_list_things"


def test_what_is_not_there_is_not_found_with_what_may_be_meant(catalog: Catalog) -> None:
    with pytest.raises(ConnectorNotFound, match=r"'acne'\. Did you mean 'acme'"):
        catalog.get("acne")
    with pytest.raises(
        ActionNotFound, match=r"'acme_list_thinks'\. Did you mean 'acme_list_things'"
    ):
        catalog.action("acme_list_thinks")
    with pytest.raises(ActionNotFound):
        catalog.action("nobody")


@pytest.mark.parametrize("piece", ["_", "a_", "acme_", "acme_mail_list_things_"])
def test_an_id_as_large_as_a_request_may_be_is_refused_as_quickly_as_a_short_one(
    catalog: Catalog, piece: str
) -> None:
    started = time.process_time()

    with pytest.raises(ActionNotFound) as refused:
        catalog.action(piece * 1_000_000)

    assert time.process_time() - started < 1
    assert len(refused.value.detail) < 300


def test_nothing_is_read_again_unless_it_changed(catalog: Catalog) -> None:
    before = catalog.get("acme")

    assert catalog.reload_if_changed() is False
    assert catalog.get("acme") is before


def test_changed_new_and_removed_connectors_are_noticed(catalog: Catalog, tmp_path: Path) -> None:
    kept = catalog.get("acme_mail")
    place(tmp_path, "acme", MAIN.replace("title: Acme", "title: Acme Two"))
    place(tmp_path, "bolt")

    assert catalog.reload_if_changed() is True
    assert [each.title for each in catalog.connectors()] == ["Acme Two", "Acme", "Acme"]
    assert catalog.get("acme_mail") is kept

    (tmp_path / "bolt" / "bolt.connector.s1.yaml").unlink()

    assert catalog.reload_if_changed() is True
    assert [each.key for each in catalog.connectors()] == ["acme", "acme_mail"]


def test_a_changed_partial_is_noticed(tmp_path: Path) -> None:
    place(tmp_path, "acme", MAIN + "  - $ref: acme.more\n")
    partial = tmp_path / "acme" / "acme.more.s1.partial.yaml"
    partial.write_text("", encoding="utf-8")
    catalog = Catalog([tmp_path])
    catalog.load()
    partial.write_text("- {}\n", encoding="utf-8")

    assert catalog.reload_if_changed() is True
    assert catalog.findings


def test_a_broken_file_keeps_the_last_good_version_and_says_so(
    catalog: Catalog, tmp_path: Path
) -> None:
    good = catalog.get("acme")
    file = place(tmp_path, "acme", MAIN.replace("method: get", "method: fetch"))

    assert catalog.reload_if_changed() is True
    assert catalog.get("acme") is good
    assert [(each.file, each.is_error) for each in catalog.findings] == [
        (file, True),
        (file, False),
    ]
    assert catalog.findings[1].message == (
        "Version 1.0.0 of 'acme' as it last loaded stays in use."
    )


def test_a_connector_that_never_loaded_is_left_out_and_told(tmp_path: Path) -> None:
    place(tmp_path, "acme", "StackOne: 1.0.0\n")
    place(tmp_path, "bolt")
    catalog = Catalog([tmp_path])

    catalog.load()

    assert [each.key for each in catalog.connectors()] == ["bolt"]
    assert any(finding.is_error for finding in catalog.findings)


def test_of_two_with_one_key_the_later_folders_counts(tmp_path: Path) -> None:
    place(tmp_path / "ours", "acme")
    theirs = place(tmp_path / "theirs", "acme", MAIN.replace("title: Acme", "title: Theirs"))
    catalog = Catalog([tmp_path / "ours", tmp_path / "theirs"])

    catalog.load()

    assert catalog.get("acme").title == "Theirs"
    assert [finding.file for finding in catalog.findings] == [theirs]


def test_of_two_with_one_key_in_one_folder_neither_is_chosen_and_both_are_named(
    tmp_path: Path,
) -> None:
    first = place(tmp_path / "a", "acme")
    second = place(tmp_path / "b", "acme", MAIN.replace("title: Acme", "title: Other"))
    third = place(tmp_path, "bolt")
    catalog = Catalog([tmp_path])

    catalog.load()

    (finding,) = catalog.findings
    assert [each.key for each in catalog.connectors()] == ["bolt"]
    assert finding.is_error
    assert str(first) in finding.message
    assert finding.file == second
    second.unlink()
    assert catalog.reload_if_changed() is True
    assert catalog.get("acme").file == first
    assert catalog.findings == ()
    assert catalog.get("bolt").file == third


def test_the_one_in_use_stays_and_changes_when_another_of_its_key_comes_into_the_folder(
    tmp_path: Path,
) -> None:
    place(tmp_path / "b", "acme")
    catalog = Catalog([tmp_path])
    catalog.load()
    place(tmp_path / "a", "acme", MAIN.replace("title: Acme", "title: Newcomer"))

    catalog.reload_if_changed()
    before = catalog.get("acme").title
    place(tmp_path / "b", "acme", MAIN.replace("title: Acme", "title: Acme Two"))
    catalog.reload_if_changed()

    assert (before, catalog.get("acme").title) == ("Acme", "Acme Two")
    assert [each.is_error for each in catalog.findings] == [True]


def test_a_folder_that_is_not_there_has_no_connectors(tmp_path: Path) -> None:
    catalog = Catalog([tmp_path / "nowhere"], cache=tmp_path / "cache")

    catalog.load()

    assert catalog.connectors() == ()
    assert catalog.reload_if_changed() is False


def test_connectors_whose_action_ids_may_mean_either_are_refused_with_both_named(
    tmp_path: Path,
) -> None:
    place(tmp_path, "acme", MAIN.replace("list_things", "mail_list_things"))
    place(tmp_path, "acme_mail")
    catalog = Catalog([tmp_path])
    catalog.load()

    (finding,) = catalog.findings
    assert finding.is_error
    assert finding.file.name == "acme_mail.connector.s1.yaml"
    assert "'mail_list_things' of 'acme'" in finding.message
    assert "'list_things' of 'acme_mail'" in finding.message
    assert [connector.key for connector in catalog.connectors()] == ["acme"]
    assert catalog.action("acme_mail_list_things")[0].key == "acme"


@pytest.mark.parametrize("newcomer", ["acme", "acme_mail"])
def test_a_connector_in_use_stays_whatever_comes_beside_it(tmp_path: Path, newcomer: str) -> None:
    texts = {"acme": MAIN.replace("list_things", "mail_list_things"), "acme_mail": MAIN}
    (resident,) = texts.keys() - {newcomer}
    place(tmp_path, resident, texts[resident])
    catalog = Catalog([tmp_path])
    catalog.load()

    place(tmp_path, newcomer, texts[newcomer])
    assert catalog.reload_if_changed() is True

    assert [connector.key for connector in catalog.connectors()] == [resident]
    assert [finding.is_error for finding in catalog.findings] == [True]


def test_a_change_that_makes_an_id_ambiguous_keeps_the_version_before_it(tmp_path: Path) -> None:
    place(tmp_path, "acme")
    place(tmp_path, "acme_mail")
    catalog = Catalog([tmp_path])
    catalog.load()

    place(tmp_path, "acme", MAIN.replace("list_things", "mail_list_things"))
    assert catalog.reload_if_changed() is True

    assert catalog.action("acme_list_things")[0].key == "acme"
    assert catalog.action("acme_mail_list_things")[0].key == "acme_mail"
    assert [finding.is_error for finding in catalog.findings] == [True]


def test_an_id_that_begins_with_two_keys_is_found_where_there_is_such_an_action(
    tmp_path: Path,
) -> None:
    place(tmp_path, "acme", MAIN.replace("list_things", "mail_send"))
    place(tmp_path, "acme_mail")
    catalog = Catalog([tmp_path])
    catalog.load()

    assert catalog.findings == ()
    assert catalog.action("acme_mail_send")[0].key == "acme"
    assert catalog.action("acme_mail_list_things")[0].key == "acme_mail"

import shutil
from pathlib import Path

import pytest

from jackfield.connectors.catalog import Catalog
from jackfield.connectors.loading.discovery import own_folder
from jackfield.search import service as search
from tests.unit.connectors.conftest import MAIN

pytestmark = pytest.mark.anyio


async def test_the_index_follows_the_connectors(tmp_path: Path) -> None:
    shutil.copytree(own_folder() / "ledgerline", tmp_path / "ledgerline")
    catalog = Catalog([tmp_path])
    catalog.load()
    before = await search.prepare(catalog)
    same = await search.prepare(catalog)

    shutil.copytree(own_folder() / "fernwood", tmp_path / "fernwood")
    catalog.reload_if_changed()
    after = await search.prepare(catalog)

    assert before is same
    assert not before.search("employees", connectors=["fernwood"])
    assert after.search("employees", connectors=["fernwood"])


def test_a_connector_is_meant_by_its_key_or_the_first_part_of_it(tmp_path: Path) -> None:
    for key in ("acme", "acme_mail", "other_mail"):
        _connector(tmp_path, key)
    catalog = Catalog([tmp_path])
    catalog.load()

    assert search.matching(catalog, "acme") == ["acme"]
    assert search.matching(catalog, "acme_mail") == ["acme_mail"]
    assert search.matching(catalog, "Other") == ["other_mail"]
    assert search.matching(catalog, "nobody") == []


def _connector(folder: Path, key: str) -> None:
    file = folder / key / f"{key}.connector.s1.yaml"
    file.parent.mkdir()
    file.write_text(MAIN.replace("key: acme", f"key: {key}"), encoding="utf-8")

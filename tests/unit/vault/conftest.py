from collections.abc import Generator
from pathlib import Path

import pytest

from tests.support.key_services.stand_ins import KINDS, StandIn


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jackfield.vault.key_services.patience.PAUSES", (0.0, 0.0))


@pytest.fixture(params=sorted(KINDS))
def service(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Generator[StandIn]:
    with KINDS[request.param](tmp_path, monkeypatch) as stand_in:
        yield stand_in

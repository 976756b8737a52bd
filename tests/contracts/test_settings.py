import re
from pathlib import Path

import pytest

from jackfield.kit.secret import Secret
from jackfield.settings import SECRETS, InvalidSetting, ListenRange, Settings

ROOT = Path(__file__).parents[2]


def test_every_setting_is_documented_and_nothing_else_is() -> None:
    source = (ROOT / "src/jackfield/settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r"values\.get\(\"(\w+)\"", source))
    documented = re.findall(
        r"^\| `JACKFIELD_(\w+)`",
        (ROOT / "docs/reference/settings.md").read_text("utf-8"),
        re.MULTILINE,
    )

    assert read == set(documented)
    assert len(documented) == len(set(documented))


def test_nothing_needs_to_be_set() -> None:
    settings = Settings.read({})

    assert settings.sqlite_file == Path("jackfield-data/jackfield.db")
    assert settings.keyring_location == "jackfield-data/keyring.json"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://x"),
        ("DATABASE_POOL", "2"),
        ("DATABASE_POOL", "many"),
        ("DATABASE_POOL", "9" * 10),
        ("DATABASE_POOLER", "transaction"),
        ("DATABASE_WAIT", "a minute"),
        ("KEYRING_WAIT", "a minute"),
        ("DEBUGGABLE", "perhaps"),
        ("PUBLIC_URL", "hub.example.com"),
        ("URL", "ftp://x"),
        ("CONNECTORS", "/nowhere/at/all"),
        ("CONNECTOR_SIGNERS", "abc"),
        ("CONNECTOR_SIGNERS", f"{'0' * 64},{'g' * 64}"),
        ("ALLOW_PRIVATE_NETWORKS", "perhaps"),
        ("ALLOW_PRIVATE_NETWORKS", "10.0.0.1/8"),
        ("ALLOW_PRIVATE_NETWORKS", "10.0.0.0/33"),
        ("ALLOW_PRIVATE_NETWORKS", "10.0.0.0/8;fd00::/8"),
        ("ALLOW_PRIVATE_NETWORKS", "10.0.0.0/8,"),
        ("ALLOW_PRIVATE_NETWORKS", "169.254.169.254"),
        ("ALLOW_PRIVATE_NETWORKS", "fe80::/10"),
        ("LOG_LEVEL", "loud"),
        ("PUBLIC_DOCS", "perhaps"),
        ("METRICS", "9464"),
        ("METRICS", "127.0.0.1:0"),
        ("METRICS", "127.0.0.1:65536"),
        ("METRICS", "127.0.0.1:9465-9464"),
        ("METRICS", "http://127.0.0.1:9464"),
        ("LIMITS_URL", "memcached://127.0.0.1"),
        ("LIMITS_URL_FILE", "/nowhere/at/all"),
        ("RATE_LIMIT", "many"),
        ("RATE_LIMIT", "-1"),
        ("RATE_LIMIT", "9" * 10),
    ],
)
def test_a_value_that_cannot_be_used_is_named_by_its_variable(name: str, value: str) -> None:
    with pytest.raises(InvalidSetting, match=f"JACKFIELD_{name}"):
        Settings.read({f"JACKFIELD_{name}": value})


@pytest.mark.parametrize(
    ("value", "limit"), [("1000", 1000), ("0", None), ("", None), ("off", None)]
)
def test_a_rate_limit_is_a_number_or_none(value: str, limit: int | None) -> None:
    assert Settings.read({"JACKFIELD_RATE_LIMIT": value}).rate_limit == limit


@pytest.mark.parametrize(
    ("value", "listen"),
    [
        ("127.0.0.1:9464", ListenRange("127.0.0.1", range(9464, 9465))),
        ("127.0.0.1:9464-9467", ListenRange("127.0.0.1", range(9464, 9468))),
        ("[::1]:9464", ListenRange("::1", range(9464, 9465))),
        ("", None),
        ("off", None),
    ],
)
def test_metrics_have_an_address_of_one_or_several_ports(
    value: str, listen: ListenRange | None
) -> None:
    assert Settings.read({"JACKFIELD_METRICS": value}).metrics == listen


def test_a_secret_is_read_from_the_file_that_a_setting_names(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("postgresql://hub@db/hub\n", encoding="utf-8")

    settings = Settings.read(
        {f"JACKFIELD_{name}_FILE": str(file) for name in ("DATABASE_URL", "API_KEY", "BACKUP_KEY")}
    )

    assert settings.database_url == settings.api_key == "postgresql://hub@db/hub"
    assert settings.backup_key == Secret("postgresql://hub@db/hub")


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe"])
def test_a_file_of_a_secret_that_holds_none_is_named(
    tmp_path: Path, name: str, content: bytes | None
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(InvalidSetting, match=rf"JACKFIELD_{name}_FILE: '{file}'"):
        Settings.read({f"JACKFIELD_{name}_FILE": str(file)})


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_not_given_twice(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text("x", encoding="utf-8")
    both = {f"JACKFIELD_{name}": "hidden", f"JACKFIELD_{name}_FILE": str(tmp_path / "secret")}

    with pytest.raises(InvalidSetting, match="are both set") as refused:
        Settings.read(both)

    assert "hidden" not in str(refused.value)


def test_every_secret_setting_has_a_file_in_the_docs() -> None:
    page = (ROOT / "docs/reference/settings.md").read_text("utf-8")
    section = page.partition("## Secrets from files")[2].partition("\n## ")[0]

    assert all(f"`JACKFIELD_{name}`" in section for name in SECRETS)


def test_a_url_of_shared_limits_that_cannot_be_used_is_not_shown() -> None:
    with pytest.raises(InvalidSetting) as refused:
        Settings.read({"JACKFIELD_LIMITS_URL": "http://:secret@cache"})

    assert "secret" not in str(refused.value)

"""`jackfield connectors …`, as an author types it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from jackfield.cli import main
from jackfield.connectors.loading.discovery import find_connectors, own_folder
from tests.unit.connectors.conftest import MAIN

OWN = [file.parent.name for file in find_connectors(own_folder())]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["connectors", *map(str, arguments)])


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    file = tmp_path / "acme" / "acme.connector.s1.yaml"
    file.parent.mkdir()
    file.write_text(MAIN, encoding="utf-8")
    return file


@pytest.fixture
def credentials(tmp_path: Path) -> Path:
    file = tmp_path / "credentials.yaml"
    file.write_text("api_key: s3cret-value\n", encoding="utf-8")
    return file


@pytest.mark.slow
def test_our_own_connectors_pass() -> None:
    result = run("check", own_folder())

    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert f"{len(OWN)} connector(s), 0 errors, 0 warnings." in result.stderr


def test_every_finding_names_its_file_line_and_column(acme: Path) -> None:
    text = MAIN.replace("method: get", "method: GET\n            body: 1")
    acme.write_text(text.replace("version: 1.0.0\n  d", "version: one\n  d"), encoding="utf-8")

    result = run("check", acme.parent)

    assert result.exit_code == 1
    assert [line.removeprefix(str(acme)) for line in result.stdout.splitlines()] == [
        ":5:12: error: The field 'info.version' must be a semantic version such as '1.0.0'.",
        (
            ":33:21: error: The field 'actions[0].steps[0].stepFunction.parameters.method' has an "
            "invalid value: 'GET'. Allowed values are: [get, post, put, delete, patch]. Did you mean "
            "'get'?"
        ),
        (
            ":34:13: warning: Unknown field 'actions[0].steps[0].stepFunction.parameters.body'. This "
            "field doesn't exist in the schema and should be removed."
        ),
    ]


def test_findings_come_as_json_too(acme: Path) -> None:
    acme.write_text(MAIN.replace("method: get", "method: GET"), encoding="utf-8")

    result = run("check", acme, "--json")

    (finding,) = json.loads(result.stdout)["findings"]
    assert result.exit_code == 1
    assert (finding["file"], finding["line"], finding["column"]) == (str(acme), 33, 21)
    assert (finding["severity"], finding["path"].rpartition(".")[2]) == ("error", "method")


def test_warnings_alone_are_no_failure(acme: Path) -> None:
    acme.write_text(
        MAIN.replace("method: get", "method: get\n            body: 1"), encoding="utf-8"
    )

    result = run("check", acme)

    assert result.exit_code == 0
    assert ": warning: " in result.stdout


def test_a_partial_is_checked_as_part_of_its_connector(acme: Path) -> None:
    partial = acme.parent / "acme.more.s1.partial.yaml"
    partial.write_text("- actionId: x\n", encoding="utf-8")
    acme.write_text(MAIN + "  - $ref: acme.more\n", encoding="utf-8")

    result = run("check", partial)

    assert result.exit_code == 1
    assert result.stdout.startswith(str(partial))


def test_connectors_that_share_an_action_id_are_told_with_both_named(acme: Path) -> None:
    acme.write_text(MAIN.replace("list_things", "mail_list_things"), encoding="utf-8")
    other = acme.parents[1] / "mail" / "mail.connector.s1.yaml"
    other.parent.mkdir()
    other.write_text(MAIN.replace("key: acme", "key: acme_mail"), encoding="utf-8")

    result = run("check", acme.parents[1])

    assert result.exit_code == 1
    assert str(other) in result.stdout
    assert "'mail_list_things' of 'acme'" in result.stdout
    assert "'list_things' of 'acme_mail'" in result.stdout


def test_connectors_of_one_key_are_told_with_both_named(acme: Path) -> None:
    other = acme.parents[1] / "twin" / acme.name
    other.parent.mkdir()
    other.write_text(acme.read_text("utf-8"), encoding="utf-8")

    outcome = run("check", str(acme.parents[1]))

    assert outcome.exit_code == 1
    assert str(acme) in outcome.stdout
    assert str(other) in outcome.stdout


def test_a_signer_that_is_no_public_key_is_refused(acme: Path) -> None:
    result = run("check", acme, "--signer", "signing.pem")

    assert result.exit_code == 1
    assert "--signer: expected public keys" in result.stderr


def test_a_folder_without_connectors_is_an_error(tmp_path: Path) -> None:
    result = run("check", tmp_path)

    assert result.exit_code == 1
    assert "there is no connector" in result.stderr


def test_a_new_connector_passes_check_and_cases(tmp_path: Path) -> None:
    assert run("new", "acme_docs", "--folder", tmp_path).exit_code == 0
    assert run("check", tmp_path / "acme_docs").exit_code == 0
    assert "2 case(s), 0 failed." in run("cases", tmp_path / "acme_docs").stderr
    assert run("new", "acme_docs", "--folder", tmp_path).exit_code == 1
    assert run("new", "Acme", "--folder", tmp_path).exit_code == 1


def test_a_case_that_comes_out_differently_is_told_with_the_difference(tmp_path: Path) -> None:
    run("new", "acme", "--folder", tmp_path)
    cases = tmp_path / "acme" / "cases" / "items.yaml"
    cases.write_text(cases.read_text(encoding="utf-8").replace("limit: 3 }", "limit: 4 }", 1))

    result = run("cases", tmp_path)

    assert result.exit_code == 1
    assert 'request 1: query.limit[0]: expected "4", got "3"' in result.stdout


@pytest.mark.slow
def test_the_list_names_our_own(monkeypatch: pytest.MonkeyPatch, acme: Path) -> None:
    monkeypatch.setenv("JACKFIELD_CONNECTORS", str(acme.parent))

    listed = json.loads(run("list", "--json").stdout)

    keys = [each["key"] for each in listed]
    assert keys == sorted([*OWN, "acme"])
    assert listed[keys.index("iterable")]["actions"] == 157


def test_a_dry_run_shows_the_request_and_no_secret(acme: Path, credentials: Path) -> None:
    result = run("run", acme, "list_things", "--credentials", credentials, "--dry-run")

    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[:2] == [
        "GET https://api.acme.example/things",
        "Authorization: [redacted]",
    ]
    assert "s3cret" not in result.output


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_credentials_are_read_as_json_with_letters_written_in_halves(
    acme: Path, tmp_path: Path, start: bytes
) -> None:
    file = tmp_path / "credentials.json"
    file.write_bytes(start + rb'{"api_key": "key-\ud83c\udf89"}')

    result = run("run", acme, "list_things", "--credentials", file, "--dry-run")

    assert (result.exit_code, result.stderr) == (0, "")


def test_credentials_that_do_not_fit_are_refused_by_field(acme: Path, tmp_path: Path) -> None:
    file = tmp_path / "c.json"
    file.write_text('{"api_kee": "s3cret-value"}', encoding="utf-8")

    result = run("run", acme, "list_things", "--credentials", file, "--dry-run")

    assert result.exit_code == 1
    assert "credentials.api_key: API Key is required." in result.stderr
    assert "Did you mean 'api_key'?" in result.stderr
    assert "s3cret" not in result.output


def test_tokens_are_taken_where_the_provider_issues_them(tmp_path: Path) -> None:
    file = tmp_path / "c.json"
    file.write_text(
        '{"client_id": "app-1", "client_secret": "s3cret-value", "accessToken": "t0ken-value"}',
        encoding="utf-8",
    )
    document = MAIN.replace("type: custom", "type: oauth2", 1)
    document = document.replace("$.credentials.api_key", "$.credentials.accessToken", 1)
    fields = "[{ key: client_id, label: Id, type: text, required: true, secret: false }]"
    secret = fields.replace("client_id", "client_secret").replace("false }", "true }")
    document = document.replace(
        document[document.index("      configFields:") : document.index("actions:")],
        f"      setupFields: {fields[:-1]}, {secret[1:]}\n",
    )
    main = tmp_path / "acme.connector.s1.yaml"
    main.write_text(document, encoding="utf-8")

    result = run("run", main, "list_things", "--credentials", file, "--dry-run")

    assert result.exit_code == 0, result.output
    assert "Authorization: [redacted]" in result.stdout
    assert "t0ken" not in result.output
    file.write_text('{"client_id": "app-1", "accessToken": "t0ken-value"}', encoding="utf-8")
    refused = run("run", main, "list_things", "--credentials", file, "--dry-run")
    assert "setup.client_secret: Id is required." in refused.stderr


def test_an_unknown_action_is_refused(acme: Path, credentials: Path) -> None:
    result = run("run", acme, "nothing", "--credentials", credentials, "--dry-run")

    assert (result.exit_code, result.stdout) == (1, "")


def test_a_batch_is_answered_line_by_line(tmp_path: Path) -> None:
    file = tmp_path / "batch.ndjson"
    file.write_text(
        '{"id": "1", "kind": "expression", "expr": "{{a * 2}}", "context": {"a": "50"}}\n'
        '{"id": "2", "kind": "step", "function": "request", "params": {}, "server": 7}\n'
        '{"id": "3", "kind": "step", "mode": "strict", "function": "request", "params": '
        '{"baseUrl": "https://x.test", "url": "/u/${inputs.id}", "method": "get"}}\n',
        encoding="utf-8",
    )

    result = run("eval", "--batch", file)

    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert answers[0] == {"id": "1", "value": 100}
    assert "error" in answers[1]
    assert "path.id: " in answers[2]["value"]["output"]["message"]


def test_a_batch_that_is_none_is_a_wrong_use(tmp_path: Path) -> None:
    file = tmp_path / "batch.ndjson"
    file.write_text("not json\n", encoding="utf-8")

    assert run("eval", "--batch", file).exit_code == 2


def test_an_openapi_document_becomes_a_connector(tmp_path: Path) -> None:
    file = tmp_path / "api.json"
    file.write_text(
        json.dumps(
            {
                "openapi": "3.0.0",
                "info": {"title": "Tiny"},
                "paths": {"/a": {"get": {"operationId": "getA"}}},
            }
        ),
        encoding="utf-8",
    )

    result = run("import", "openapi", file, "--folder", tmp_path)

    assert result.exit_code == 0, result.output
    assert "warning: the document names no absolute server: set baseUrl" in result.stderr
    assert run("check", tmp_path / "tiny").exit_code == 0


def test_the_schema_is_printed() -> None:
    assert json.loads(run("schema").stdout)["title"] == "Connector"
    assert json.loads(run("schema", "--partial").stdout)["title"] == "Partial of a connector"
    assert run("schema", "--markdown").stdout.startswith("# The connector format")

"""The code that receivers verify signatures with: it takes what is ours, and nothing else."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from jackfield.kit.clock import system_clock
from jackfield.webhooks import signature
from jackfield.webhooks.catalogue.snippets import LANGUAGES, snippets
from jackfield.webhooks.signature import Secrets
from tests.support.node import node

BODY = '{"event": "account.created", "name": "Zoë"}'.encode()
_PYTHON = """
import json, sys
given = json.load(open(sys.argv[1]))
print([is_genuine(each["secret"], each["headers"], each["body"].encode()) for each in given])
"""
_NODE = """
import { readFileSync } from "node:fs";
const given = JSON.parse(readFileSync(process.argv[2], "utf8"));
const said = given.map((each) => isGenuine(each.secret, each.headers, Buffer.from(each.body)));
console.log(JSON.stringify(said));
"""
_RUBY = """
require "json"
given = JSON.parse(File.read(ARGV[0]))
puts given.map { |each| genuine?(each["secret"], each["headers"], each["body"]) }.inspect
"""
_GO = """package hooks

import ("encoding/json"; "net/http"; "os"; "testing"; "fmt")

func TestIt(t *testing.T) {
	var given []struct{ Secret, Body string; Headers map[string]string }
	content, _ := os.ReadFile(os.Getenv("GIVEN"))
	json.Unmarshal(content, &given)
	said := []bool{}
	for _, each := range given {
		header := http.Header{}
		for name, value := range each.Headers { header.Set(name, value) }
		said = append(said, IsGenuine(each.Secret, header, []byte(each.Body)))
	}
	text, _ := json.Marshal(said)
	fmt.Println(string(text))
}
"""


def given() -> list[tuple[Mapping[str, Any], bool]]:
    """Return deliveries, and whether each is genuine."""
    now, old, new = system_clock(), signature.mint(), signature.mint()
    one = {
        "secret": old.reveal(),
        "body": BODY.decode(),
        "headers": signature.headers(Secrets(old), BODY, message_id="evt_1", at=now),
    }
    both = signature.headers(Secrets(new, old), BODY, message_id="evt_1", at=now)
    earlier = now - timedelta(minutes=6)
    late = signature.headers(Secrets(old), BODY, message_id="evt_1", at=earlier)
    return [
        (one, True),
        ({**one, "headers": both}, True),
        ({**one, "headers": both, "secret": new.reveal()}, True),
        ({**one, "secret": new.reveal()}, False),
        ({**one, "body": f"{BODY.decode()} "}, False),
        ({**one, "headers": {**one["headers"], "webhook-id": "evt_2"}}, False),
        ({**one, "headers": late}, False),
        ({**one, "headers": {**one["headers"], "webhook-signature": "v1, v1,AA=="}}, False),
    ]


def run(command: list[str | Path], folder: Path, **environment: str) -> str:
    done = subprocess.run(
        command, cwd=folder, env=environment or None, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_the_code_takes_what_the_hub_signed_and_nothing_else(language: str, tmp_path: Path) -> None:
    deliveries = given()
    expected = [is_genuine for _, is_genuine in deliveries]
    told = tmp_path / "given.json"
    told.write_text(json.dumps([each for each, _ in deliveries]), "utf-8")
    code = snippets()[language]
    match language:
        case "Python":
            (tmp_path / "verify.py").write_text(code + _PYTHON, "utf-8")
            said = run([shutil.which("python") or "python3", "verify.py", told], tmp_path)
        case "TypeScript":
            (tmp_path / "verify.mts").write_text(code + _NODE, "utf-8")
            said = run([node(), "--experimental-strip-types", "verify.mts", told], tmp_path)
        case "Ruby":
            if shutil.which("ruby") is None:
                pytest.skip("Ruby is not installed")
            (tmp_path / "verify.rb").write_text(code + _RUBY, "utf-8")
            said = run(["ruby", "verify.rb", told], tmp_path)
        case _:
            if shutil.which("go") is None:
                pytest.skip("Go is not installed")
            (tmp_path / "go.mod").write_text("module hooks\n\ngo 1.21\n", "utf-8")
            (tmp_path / "verify.go").write_text(code, "utf-8")
            (tmp_path / "verify_test.go").write_text(_GO, "utf-8")
            found = {
                "GIVEN": str(told),
                "HOME": str(tmp_path),
                "PATH": "/usr/local/go/bin:/usr/bin",
            }
            said = run(["go", "test", "-v", "-count=1"], tmp_path, **found).splitlines()[1]

    assert json.loads(said.lower().splitlines()[-1]) == expected

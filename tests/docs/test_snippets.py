"""What the documentation says to type, send or write down is understood by what it is for."""

import ast
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import click
import pytest
import yaml

from jackfield.cli import main
from jackfield.ui.docs.manual import manual
from tests.support.node import node
from tests.support.snippets import HUB, ROOT, Snippet, snippets, started, typed
from tools.static_docs import api_document

# Programs of others, whose options only they know. Pages that can be followed without a network or
# a cluster are: tests/cli/test_operating.py, tests/packaging/test_pages.py, tests/docs/test_first_hour.py,
# tests/docs/test_production.py.
FOREIGN = {
    *("age", "age-keygen", "apt", "apt-get", "base64", "cat", "chmod", "chown", "claude", "cp"),
    *("createdb", "createuser", "date", "docker", "git", "gunzip", "head", "helm", "id", "kubectl"),
    *("env", "loginctl", "podman"),
    *("mkdir", "mv", "npm", "npx", "openssl", "pg_dump", "pg_restore", "pip", "python", "python3"),
    *("rm", "sed", "sleep", "sqlite3", "sudo", "systemctl", "tail", "tar", "tr", "useradd", "wget"),
    *("aws", "az", "gcloud", "pkcs11-tool", "softhsm2-util", "vault"),
    *("jq", "grep", "ls", "psql", "uv", "touch", "tee", "install", "ln", "sha256sum", "nginx"),
}
# Blocks that no test can look into, and why.
UNCHECKED = {
    "text": "a drawing, or what a program prints",
    "caddy": "Caddy is on no test machine",
    "jsx": "tests/browser builds the same component from docs/embed",
    "css": "values to be filled in",
}
# What is answered beside the API.
PAGES = re.compile(r"/(?:docs|llms|openapi|static|dashboard|embedded|metrics|hub\.js|\.well-known)")
STRIP_TYPES = """
const { readFileSync, writeFileSync } = require("node:fs"), file = process.argv[1];
const { stripTypeScriptTypes } = require("node:module");
writeFileSync(file, stripTypeScriptTypes(readFileSync(file, "utf-8")));
"""
# Options of curl without a value.
SWITCHES = {"--fail", "--retry-all-errors", "--retry-connrefused", "--show-error", "--silent"}
SANDBOX = re.compile(r"http://127\.0\.0\.1:99\d\d")


def ids(snippet: Snippet) -> str:
    return str(snippet)


def in_(*languages: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("snippet", snippets(*languages), ids=ids)


def test_every_block_is_run_checked_or_left_out_for_a_reason() -> None:
    known = {*CHECKED, *UNCHECKED}

    silent = [f"{each} ({each.language})" for each in snippets() if each.language not in known]

    assert silent == [], "say in CHECKED or UNCHECKED what becomes of these blocks"


@in_("sh", "console")
def test_a_shell_understands_it_and_each_program_its_arguments(
    snippet: Snippet, tmp_path: Path
) -> None:
    # A function that an earlier block of the page has made.
    page = (ROOT / snippet.page).read_text("utf-8")
    made = set(re.findall(r"^(\w+)\(\) \{", page, re.MULTILINE))

    for command in started(typed(snippet), tmp_path):
        if command[0] not in made:
            check_command(command)


def check_command(command: list[str]) -> None:
    name = command[0]
    if name.startswith("script:"):
        assert (ROOT / "script" / name.partition(":")[2]).is_file(), command
    elif name == "hub-shell":
        if command[1:]:
            check_command(command[1:])
    elif name == "curl":
        check_request(command[1:])
    elif name == "make":
        targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
        assert set(command[1:]) <= set(targets)
    elif name != "jackfield":
        assert name in FOREIGN, f"say in FOREIGN who knows the options of {name!r}"
    for arguments in our_arguments(command):
        check_options(main, arguments)


def our_arguments(command: list[str]) -> Iterator[list[str]]:
    """Yield the arguments of our own command, also where another program starts it."""
    places = [at for at, word in enumerate(command) if word == "jackfield"]
    commands = main.list_commands(click.Context(main))
    for at in places:
        rest = command[at + 1 :]
        if at == 0 or (rest and rest[0] in commands):
            yield rest


def check_options(command: click.Command, arguments: list[str]) -> None:
    context = click.Context(command, info_name=command.name)
    _, rest, _ = command.make_parser(context).parse_args(list(arguments))
    if not isinstance(command, click.Group):
        options, left, _ = command.make_parser(context).parse_args(list(arguments))
        assert left == [], arguments
        for each in command.params:
            given = options.get(each.name or "")
            if isinstance(each.type, click.Choice) and isinstance(given, str):
                each.type.convert(given, each, context)
        return
    if rest:
        inner = command.get_command(context, rest[0])
        assert inner is not None, f"there is no command {rest[0]!r}"
        check_options(inner, rest[1:])


def check_request(arguments: list[str]) -> None:
    values = {"-X": "", "--request": "", "-d": "", "--data": "", "--data-binary": ""}
    urls: list[str] = []
    waiting = ""
    for each in arguments:
        if waiting:
            values[waiting] = each
            waiting = ""
        elif re.fullmatch(r"-[a-zA-Z]*[XdHuoF]|--\w[\w-]*", each) and each not in SWITCHES:
            waiting = f"-{each[-1]}" if not each.startswith("--") else each
        elif each.startswith("http"):
            urls.append(each)
    assert urls, arguments
    body = values["-d"] or values["--data"] or values["--data-binary"]
    if body.startswith("{"):
        json.loads(body)
    method = values["-X"] or values["--request"] or ("POST" if body else "GET")
    for url in urls:
        if not SANDBOX.match(url):
            check_route(method, url)


def check_route(method: str, url: str) -> None:
    assert url.startswith((HUB, "https://hub.example.com", "http://127.0.0.1:")), url
    # The page about proxies has a hub below a path.
    path = urlsplit(url.replace("/jackfield/readyz", "/readyz")).path
    if PAGES.match(path):
        return
    found = [
        methods
        for template, methods in api_document()["paths"].items()
        if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template)), path)
    ]
    assert any(method.lower() in each for each in found), f"there is no {method} {path}"


@in_("json")
def test_it_is_json(snippet: Snippet) -> None:
    # Some are a part of an object, as it stands in its place.
    text = snippet.code.strip()
    json.loads(f"{{{text}}}" if re.match(r'"[^"]*": ', text) else text)


@in_("yaml")
def test_it_is_yaml(snippet: Snippet) -> None:
    assert [*yaml.safe_load_all(snippet.code)] or snippet.code.startswith("#")


@in_("python")
def test_it_is_python(snippet: Snippet) -> None:
    compile(snippet.code, str(snippet), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


@in_("js", "ts")
def test_node_understands_it(snippet: Snippet, tmp_path: Path) -> None:
    file = tmp_path / "code.mjs"
    file.write_text(snippet.code, "utf-8")

    if snippet.language == "ts":
        run_node("-e", STRIP_TYPES, file)
    run_node("--check", file)


def run_node(*arguments: object) -> None:
    ran = subprocess.run([node(), *arguments], check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


@in_("go", "ruby")
def test_what_no_program_here_understands_names_routes_and_headers_that_there_are(
    snippet: Snippet,
) -> None:
    document = api_document()
    methods = re.findall(r"NewRequest\(\"(\w+)\"", snippet.code)

    for path in re.findall(r"[\"}](/[a-z_/]+)[\"?]", snippet.code):
        assert path in document["paths"], path
        assert {each.lower() for each in methods} <= set(document["paths"][path])
    for header in re.findall(r"\"(x-[a-z-]+)\"", snippet.code):
        assert header in json.dumps(document), header
    for pair in ("()", "{}", "[]"):
        assert snippet.code.count(pair[0]) == snippet.code.count(pair[1])


@in_("http")
def test_it_is_a_header(snippet: Snippet) -> None:
    assert all(re.match(r"[A-Za-z-]+: \S", line) for line in snippet.code.splitlines())


@in_("html", "nginx", "caddy", "css")
def test_what_is_opened_is_closed(snippet: Snippet) -> None:
    for pair in ("{}", "<>") if snippet.language == "html" else ("{}",):
        assert snippet.code.count(pair[0]) == snippet.code.count(pair[1])


@in_("ini")
def test_it_sets_settings_that_there_are(snippet: Snippet) -> None:
    page = (ROOT / "docs/reference/settings.md").read_text("utf-8")

    for name in re.findall(r"^([A-Z_]+)=", snippet.code, re.MULTILINE):
        assert f"`{name}`" in page


def test_a_mistake_in_a_command_would_be_found() -> None:
    with pytest.raises(click.NoSuchOption):
        check_command(["sudo", "-u", "jackfield", "jackfield", "doctor", "--sign-in-lnk"])
    with pytest.raises(AssertionError, match="no command"):
        check_command(["jackfield", "keys", "invent"])
    with pytest.raises(AssertionError, match="there is no DELETE"):
        check_command(["curl", "-X", "DELETE", f"{HUB}/actions/rpc"])
    with pytest.raises(json.JSONDecodeError):
        check_command(["curl", "-d", '{"action": }', f"{HUB}/actions/rpc"])


CHECKED: dict[str, Callable[..., None]] = {
    **dict.fromkeys(("sh", "console"), test_a_shell_understands_it_and_each_program_its_arguments),
    "json": test_it_is_json,
    "yaml": test_it_is_yaml,
    "python": test_it_is_python,
    **dict.fromkeys(("js", "ts"), test_node_understands_it),
    **dict.fromkeys(
        ("go", "ruby"),
        test_what_no_program_here_understands_names_routes_and_headers_that_there_are,
    ),
    **dict.fromkeys(("html", "nginx"), test_what_is_opened_is_closed),
    "http": test_it_is_a_header,
    "ini": test_it_sets_settings_that_there_are,
}


def test_pages_of_the_manual_are_among_those_whose_blocks_are_looked_at() -> None:
    assert {page.file for page in manual().pages} <= {
        str(each.relative_to(ROOT)) for each in ROOT.rglob("*.md")
    }

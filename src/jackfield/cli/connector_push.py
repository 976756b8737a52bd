"""`jackfield connectors push`, `publish`, `rollback` and `versions`: connectors through the API."""

from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote

import click

from jackfield.cli import api
from jackfield.cli.connector_diff import say_changes
from jackfield.cli.output import REFUSED, fail, print_json, print_table, say
from jackfield.client import Hub
from jackfield.connectors import yaml
from jackfield.connectors.loading.discovery import is_main
from jackfield.kit.json import as_object, mapping, text

_PARTS = (
    "*.s1.yaml",
    "*.s1.partial.yaml",
    "icon.*",
    "quality.yaml",
    "signature.json",
    "cases/*.yaml",
)


def push_folder(folder: Path, *, publishes: bool, as_json: bool) -> None:
    """Upload a folder as a draft, and publish it if that is asked for and nothing is wrong.

    What would break callers is a finding, unless it was to be published.
    """
    files = {
        path.relative_to(folder).as_posix(): path
        for pattern in _PARTS
        for path in sorted(folder.glob(pattern))
    }
    mains = [path for path in files.values() if is_main(path)]
    if len(mains) != 1:
        fail(f"{folder} has {len(mains)} main files (*.connector.s1.yaml), and must have one")
    body = {"files": [_file(name, path) for name, path in files.items()]}
    with api.hub() as hub:
        draft = api.send(hub, "PUT", _place(_key(mains[0])), body=body)
        published = None
        if publishes and draft["publishable"]:
            published = _publish(hub, draft)
    if as_json:
        print_json({"draft": draft, "published": published})
    else:
        _say_draft(folder, draft)
        if published is not None:
            say(f"{published['key']} {published['version']} runs now")
    breaks = any(each["weight"] == "breaks" for each in draft["changes"])
    if not draft["publishable"] or (breaks and not publishes):
        raise click.exceptions.Exit(REFUSED)


def publish_draft(key: str, *, as_json: bool) -> None:
    """Publish the draft of a connector."""
    with api.hub() as hub:
        draft = next((each for each in _versions(hub, key) if each["state"] == "draft"), None)
        if draft is None:
            fail(f"{key!r} has no draft; upload one with `jackfield connectors push FOLDER`")
        looked_at = api.send(hub, "GET", f"{_place(key)}/{draft['id']}")
        if not looked_at["publishable"]:
            _say_findings(Path(), looked_at)
            _fail_of(looked_at)
        published = _publish(hub, looked_at)
    _show(published, as_json=as_json)


def roll_back(key: str, version: str | None, *, as_json: bool) -> None:
    """Publish an earlier version of a connector again."""
    with api.hub() as hub:
        retired = [each for each in _versions(hub, key) if each["state"] == "retired"]
        # The one that ran last.
        retired.sort(key=lambda each: each["published_at"], reverse=True)
        found = next((each for each in retired if version in (None, each["version"])), None)
        if found is None:
            known = ", ".join(each["version"] for each in retired) or "none"
            fail(f"{key!r} has no such earlier version; there are: {known}")
        published = _publish(hub, api.send(hub, "GET", f"{_place(key)}/{found['id']}"))
    _show(published, as_json=as_json)


def list_versions(key: str | None, *, as_json: bool) -> None:
    """List the versions of uploaded connectors."""
    place = "/jackfield/connectors" if key is None else _place(key)
    found = api.call("GET", place)["data"]
    if as_json:
        print_json(found)
        return
    print_table(
        ["connector", "version", "state", "faults", "uploaded", "by"],
        [
            (
                each["key"],
                each["version"] or "?",
                each["state"],
                str(each["errors"] or ""),
                each["uploaded_at"],
                each["uploaded_by"],
            )
            for each in found
        ],
        empty="no uploaded connectors; upload one with `jackfield connectors push FOLDER`",
    )


def _versions(hub: Hub, key: str) -> list[dict[str, Any]]:
    return api.send(hub, "GET", _place(key))["data"]


def _publish(hub: Hub, looked_at: Mapping[str, Any]) -> dict[str, Any]:
    version = looked_at["version"]
    place = f"{_place(version['key'])}/{version['id']}/publish"
    return api.send(hub, "POST", place, body={"over": looked_at["running_id"] or ""})


def _place(key: str) -> str:
    return f"/jackfield/connectors/{quote(key, safe='')}/versions"


def _key(main: Path) -> str:
    """Return the key that a main file says it has, or else the one in its name."""
    try:
        document = yaml.parse(main.read_text(encoding="utf-8")).value
    except (UnicodeDecodeError, yaml.Malformed):
        document = None
    return text(mapping(as_object(document), "info"), "key") or main.name.partition(".")[0]


def _file(name: str, path: Path) -> dict[str, str]:
    content = path.read_bytes()
    try:
        return {"name": name, "text": content.decode("utf-8")}
    except UnicodeDecodeError:
        return {"name": name, "base64": b64encode(content).decode()}


def _say_draft(folder: Path, draft: Mapping[str, Any]) -> None:
    _say_findings(folder, draft)
    version = draft["version"]
    if not draft["publishable"]:
        say(f"errors: {version['errors']}. The draft is kept, and nothing changed.", err=True)
        return
    if draft["running_version"] is not None:
        say(f"from {draft['running_version']} to {version['version']}:", err=True)
        say_changes(draft["changes"])
        for each in draft["profiles"]:
            if each["stays"]:
                say(f"the profile {each['name']!r} ({each['accounts']} accounts) stays behind")
    say(f"the draft {version['version']} of {version['key']} is kept", err=True)


def _say_findings(folder: Path, looked_at: Mapping[str, Any]) -> None:
    for each in looked_at["findings"]:
        place = f"{folder / each['file']}:{each['line']}:{each['column']}"
        is_error = each["severity"] == "error"
        say(
            f"{place}: {each['severity']}: {each['message']}", color="red" if is_error else "yellow"
        )
        if each["quote"]:
            say(f"    {each['quote']}")
            say(f"    {' ' * each['mark']}^")


def _fail_of(looked_at: Mapping[str, Any]) -> NoReturn:
    fail(f"{looked_at['version']['key']!r} has faults, and is not published")


def _show(published: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(published)
    else:
        say(f"{published['key']} {published['version']} runs now")

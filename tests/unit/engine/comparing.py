"""Comparing answers with vectors: what counts as the same request, body and value."""

import json
from urllib.parse import parse_qsl, unquote

from jackfield.engine.wire.xml_reader import XmlForm, read_xml

ANYTHING = {"$any": True}
UNDEFINED = {"$undefined": True}


def same(left: object, right: object) -> bool:
    if right == ANYTHING:
        return True
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[k], right[k]) for k in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right


def difference(given: dict, expected: dict) -> str | None:
    """Say what is different between two answers to a step, if anything is."""
    return _requests(given["requests"], expected["requests"]) or _result(given, expected)


def _requests(given: list, expected: list) -> str | None:
    if len(given) != len(expected):
        return f"{len(given)} requests, not {len(expected)}"
    pairs = zip(given, expected, strict=True)
    return next((found for pair in pairs if (found := _request(*pair))), None)


def _request(given: dict, expected: dict) -> str | None:
    if given["method"] != expected["method"] or _address(given) != _address(expected):
        return f"{given['method']} {given['url']}, not {expected['method']} {expected['url']}"
    for name, value in expected["headers"].items():
        found = given["headers"].get(name, "")
        if name == "content-type":
            if expected["body"] and found.partition(";")[0] != value.partition(";")[0]:
                return f"content type {found}, not {value}"
        elif found != value:
            return f"header {name}: {found}, not {value}"
    kind = expected["headers"].get("content-type", "")
    if _body(given["body"], kind) != _body(expected["body"], kind):
        return f"body {given['body']}, not {expected['body']}"
    return None


def _address(request: dict) -> tuple:
    path, _, query = request["url"].partition("?")
    return unquote(path), sorted(parse_qsl(query.replace("?", "&?"), keep_blank_values=True))


def _body(text: str, content_type: str) -> object:
    if "form-urlencoded" in content_type:
        return sorted(parse_qsl(text, keep_blank_values=True))
    try:
        return read_xml(text, XmlForm()) if "xml" in content_type else json.loads(text)
    except ValueError:
        return text


def _result(given: dict, expected: dict) -> str | None:
    refused = "error" in given or not given["value"]["successful"]
    if "error" in expected:
        return None if refused else "an error was expected"
    if "error" in given:
        return given["error"]
    value = given["value"]
    if value["successful"] != expected["successful"]:
        return f"successful: {value['successful']}"
    return _output(value, expected)


def _output(value: dict, expected: dict) -> str | None:
    for key, wanted in (expected.get("output") or {}).items():
        found = (value.get("output") or {}).get(key)
        absent = found in (None, UNDEFINED) and wanted in (None, UNDEFINED)
        if not absent and not same(found, wanted):
            return f"output.{key}: {found}, not {wanted}"
    if isinstance(expected.get("errors"), list):
        targets = [error.get("targetField") for error in value.get("errors", [])]
        if targets != [error.get("targetField") for error in expected["errors"]]:
            return f"errors: {targets}"
    if not same(value.get("blockResult"), expected.get("blockResult")):
        return f"block result: {value.get('blockResult')}"
    return None

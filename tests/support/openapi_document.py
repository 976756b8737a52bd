"""OpenAPI documents read plainly, and values that their schemas allow."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from urllib.parse import unquote

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st

METHODS: Final = ("get", "post", "put", "patch", "delete")
_TEXTS: Final = {
    "email": "ann@example.com",
    "uri": "https://example.com/a",
    "url": "https://example.com/a",
    "uuid": "01234567-89ab-cdef-0123-456789abcdef",
    "date": "2024-01-31",
    "date-time": "2024-01-31T12:00:00Z",
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a document, with its references followed."""

    document: "Document"
    method: str
    path: str
    shared: Mapping[str, Any]
    entries: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def parameters(self) -> list[dict[str, Any]]:
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for owner in (self.shared, self.entries):
            for each in owner.get("parameters", []):
                parameter = self.document.follow(each)
                place, name = parameter["in"], parameter["name"]
                own = name.lower() in ("accept", "content-type", "authorization")
                if place != "header" or not own:
                    found[place, name] = parameter
        return list(found.values())

    @property
    def credentials(self) -> set[tuple[str, str]]:
        """Return the parameters that stand for a security scheme."""
        schemes = self.document.root.get("components", {}).get("securitySchemes", {})
        ways = [
            {
                (place, scheme["name"].lower() if place == "header" else scheme["name"])
                for name in ([way] if isinstance(way, str) else way)
                for scheme in [self.document.follow(schemes.get(name, {}))]
                if (place := scheme.get("in"))
            }
            for way in (schemes if self.security is None else self.security)
        ]
        return set.union(*ways) if ways else set()

    @property
    def security(self) -> list[dict[str, Any]] | None:
        return self.entries.get("security", self.document.root.get("security"))


class Document:
    """An OpenAPI document, read plainly."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root = root

    def operations(self) -> Iterator[Operation]:
        for path, entry in self.root["paths"].items():
            shared = self.follow(entry)
            for method in METHODS:
                if method in shared:
                    yield Operation(self, method, path, shared, shared[method])

    def follow(self, value: Any) -> Any:
        while isinstance(value, dict) and "$ref" in value:
            target: Any = self.root
            for part in value["$ref"].removeprefix("#/").split("/"):
                name = unquote(part).replace("~1", "/").replace("~0", "~")
                target = target[int(name)] if isinstance(target, list) else target[name]
            value = target
        return value

    def sample(self, schema: Any, *, full: bool, depth: int = 0) -> Any:  # noqa: PLR0911
        """Return a value that a schema allows; a `full` one has its optional members too."""
        schema = self.merged(schema)
        if "const" in schema:
            return schema["const"]
        if choices := [each for each in schema.get("enum", []) if each is not None]:
            return choices[-1 if full else 0]
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = next(each for each in kind if each != "null")
        if kind == "array" or (kind is None and "items" in schema):
            count = max(schema.get("minItems", 1), min(2, schema.get("maxItems", 2)))
            items = schema.get("items", {})
            return [self.sample(items, full=full, depth=depth + 1) for _ in range(count)]
        if kind == "object" or "properties" in schema:
            return self._object(schema, full=full, depth=depth)
        if kind == "boolean":
            return True
        if kind in ("integer", "number"):
            return _number(schema)
        if kind is None:
            return "anything"
        return _text(schema)

    def _object(self, schema: Mapping[str, Any], *, full: bool, depth: int) -> dict[str, Any]:
        required = schema.get("required", [])
        optional = full and depth < 2
        return {
            name: self.sample(inner, full=full, depth=depth + 1)
            for name, inner in schema.get("properties", {}).items()
            if (name in required or optional or self.merged(inner).get("format") == "binary")
            # Beside a `$ref` too: 3.1 allows it, and vendors write it in 3.0.
            and not inner.get("readOnly")
            and not self.merged(inner).get("readOnly")
        }

    def merged(self, schema: Any) -> dict[str, Any]:
        schema = dict(self.follow(schema))
        for part in schema.pop("allOf", []):
            schema = _both(schema, self.merged(part))
        for word in ("oneOf", "anyOf"):
            parts = [self.merged(each) for each in schema.pop(word, [])]
            chosen = next((each for each in parts if each.get("type") != "null"), {})
            schema = _both(chosen, schema) if parts else schema
        return schema


def _both(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    made = {**other, **one}
    properties = {**one.get("properties", {})}
    for name, inner in other.get("properties", {}).items():
        properties[name] = {"allOf": [properties[name], inner]} if name in properties else inner
    if properties:
        made["properties"] = properties
    required = [*one.get("required", []), *other.get("required", [])]
    if required:
        made["required"] = required
    if "enum" in one and "enum" in other:
        made["enum"] = [each for each in one["enum"] if each in other["enum"]]
    return made


def _number(schema: Mapping[str, Any]) -> int | float:
    low = schema.get("minimum", schema.get("exclusiveMinimum", 3))
    low = 3 if isinstance(low, bool) else low
    if isinstance(schema.get("exclusiveMinimum"), int | float):
        low += 1
    return min(max(low, 3), schema.get("maximum", max(low, 3)))


def _text(schema: Mapping[str, Any]) -> str:
    if "pattern" in schema:
        return _matching(schema["pattern"], schema.get("minLength", 1), schema.get("maxLength", 99))
    plain = _TEXTS.get(schema.get("format", ""), "some téxt, & more")
    plain = plain.ljust(schema.get("minLength", 0), "x")
    return plain[: schema.get("maxLength", len(plain))]


@cache
def _matching(pattern: str, least: int, most: int) -> str:
    texts = st.from_regex(re.compile(pattern, re.ASCII)).filter(str.isprintable)
    fits = settings(database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    return find(texts, lambda text: least <= len(text) <= most and bool(text), settings=fits)

"""Schema validation that reports all faults at once and no value."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Final

import jsonschema_rs

from jackfield.engine.errors import InvalidStep
from jackfield.engine.inputs.formats import FORMAT_WORDS
from jackfield.kit.errors import Fault
from jackfield.kit.json import Json, is_list, is_object

_MOST_FAULTS: Final = 50
_MOST_CHOICES: Final = 20
# Together, about 50 milliseconds of the worst pattern.
_MOST_STEPS_BACK: Final = 10_000
_LONGEST_TEXT: Final = 4096
_ARTICLES: Final = {"array": "a list", "object": "an object", "integer": "a whole number"}
_MESSAGES: Final[Mapping[str, Callable[[Json], str]]] = {
    "type": lambda types: f"must be {' or '.join(_ARTICLES.get(t, f'a {t}') for t in types)}",
    "enum": lambda options: f"must be one of {_listed(options)}",
    "required": lambda _name: "is required",
    "minLength": lambda limit: f"must have at least {limit} characters",
    "maxLength": lambda limit: f"may have at most {limit} characters",
    "minimum": lambda limit: f"must be at least {limit}",
    "maximum": lambda limit: f"may be at most {limit}",
    "minItems": lambda limit: f"must have at least {limit} items",
    "maxItems": lambda limit: f"may have at most {limit} items",
    "maxProperties": lambda limit: f"may have at most {limit} entries",
    "pattern": lambda pattern: f"must match {pattern}",
}


def is_pattern(text: str) -> bool:
    """Say whether inputs can be checked against `text`, a regular expression."""
    try:
        return Validator({"pattern": text}, {}).faults({}, {}) == []
    except InvalidStep:
        return False


def matcher_of(pattern: str) -> Callable[[str], bool] | None:
    """Return a test of texts by a pattern that the linear-time engine does not know, if any does."""
    try:
        return _backtracking({"pattern": pattern}).is_valid
    except (ValueError, jsonschema_rs.ValidationError):
        return None


def _backtracking(schema: Mapping[str, Json]) -> jsonschema_rs.Validator:
    """Compile a schema whose patterns look around: steps times length is what a match costs."""
    options = jsonschema_rs.FancyRegexOptions(backtrack_limit=_MOST_STEPS_BACK)
    return jsonschema_rs.validator_for(_with_short_texts(schema), pattern_options=options)


def _with_short_texts(schema: Json) -> Json:
    if is_list(schema):
        return [_with_short_texts(each) for each in schema]
    if not is_object(schema):
        return schema
    inner = {name: _with_short_texts(each) for name, each in schema.items()}
    if isinstance(pattern := inner.get("pattern"), str):
        # A text that is too long is not matched at all.
        del inner["pattern"]
        short: dict[str, Json] = {"maxLength": _LONGEST_TEXT}
        matched: dict[str, Json] = {"if": short, "then": {"pattern": pattern}, **short}
        inner["allOf"] = [*inner.get("allOf", ()), matched]
    return inner


class Validator:
    """A JSON Schema of inputs, compiled on first use."""

    def __init__(self, schema: Mapping[str, Json], messages: Mapping[tuple[str, ...], str]) -> None:
        """`messages` are the connector's own, by the names that lead to an input or property."""
        self._schema = schema
        self._own_messages = messages

    def faults(self, inputs: Mapping[str, Json], locations: Mapping[str, str]) -> list[Fault]:
        """Return the faults of `inputs`, with paths that begin with their locations."""
        if self._validator.is_valid(inputs):
            return []
        errors = self._validator.iter_errors(inputs)
        return list(islice(self._distinct_faults(errors, locations), _MOST_FAULTS))

    @cached_property
    def _validator(self) -> jsonschema_rs.Validator:
        # Patterns come from connectors and values from callers: use the linear-time engine unless
        # a pattern needs the other.
        try:
            return jsonschema_rs.validator_for(
                dict(self._schema), pattern_options=jsonschema_rs.RegexOptions()
            )
        except (ValueError, jsonschema_rs.ValidationError):
            pass
        try:
            return _backtracking(self._schema)
        except (ValueError, jsonschema_rs.ValidationError) as error:
            msg = "The inputs make no valid JSON Schema"
            raise InvalidStep(msg) from error

    def _distinct_faults(
        self, errors: Iterator[jsonschema_rs.ValidationError], locations: Mapping[str, str]
    ) -> Iterator[Fault]:
        seen: set[tuple[str, str]] = set()
        for error in errors:
            path: list[str | int] = list(error.instance_path)
            names = tuple(part for part in path if isinstance(part, str))
            message = self._own_messages.get(names) or _message(error)
            if error.kind.name == "required":
                path.append(error.kind.value)
            spelled = _spell(path, locations)
            if (spelled, message) not in seen:
                seen.add((spelled, message))
                yield Fault(spelled, message)


def _message(error: jsonschema_rs.ValidationError) -> str:
    name = error.kind.name
    if name == "anyOf":
        return _shapes(error)
    value = error.kind.value
    if name == "pattern" and value in FORMAT_WORDS:
        return FORMAT_WORDS[value]
    words = _MESSAGES.get(name)
    return words(value) if words else "is not valid"


def _shapes(error: jsonschema_rs.ValidationError) -> str:
    """Return why a value has none of the shapes it may have: what each of them asks for."""
    above = len(error.instance_path)
    shapes: list[list[jsonschema_rs.ValidationError]] = error.kind.value
    reasons: dict[str, None] = {}
    for shape in shapes[:_MOST_CHOICES]:
        for each in shape[:1]:
            within = [*each.instance_path][above:]
            if each.kind.name == "required":
                within.append(each.kind.value)
            place = ".".join(map(str, within))
            reasons[f"{place} {_message(each)}".strip()] = None
    return ", or ".join(reasons)


def _spell(path: Sequence[str | int], locations: Mapping[str, str]) -> str:
    name = str(path[0]) if path else ""
    text = f"{locations.get(name, 'body')}.{name}"
    for part in path[1:]:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text


def _listed(options: Json) -> str:
    shown = [str(option) for option in options[:_MOST_CHOICES]]
    more = ", …" if len(options) > _MOST_CHOICES else ""
    return ", ".join(shown) + more

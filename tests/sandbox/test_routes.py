"""Every route of the API is here, takes what the reference says and answers as it says."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from jackfield.sandbox.iterable.routes.table import ROUTES
from jackfield.sandbox.iterable.state.channels import Medium
from jackfield.sandbox.iterable.state.project import Project
from tests.sandbox.client import Client
from tests.sandbox.examples import AVERY, EXAMPLES
from tests.support.clock import FrozenClock

REFERENCE = json.loads(Path(__file__).with_name("reference.json").read_text(encoding="utf-8"))
BY_ROUTE = {each["route"]: each for each in REFERENCE["routes"]}
IMPLEMENTED = {f"{route.method} {route.path}": route for route in ROUTES}

INTEGER = {"type": "integer"}
BOOLEAN = {"type": "boolean"}
# Where the reference is known to be wrong about its own answers, by model and property: it was
# generated from types whose JSON it does not know.
CORRECTIONS: dict[str, dict[str, Any]] = {
    # Live replies without parameters have null there.
    "IterableApiResponse": {"params": {"type": ["object", "null"]}},
    # Optional numbers appear as objects, and moments in milliseconds as dates.
    "CampaignsResponse": {"totalCampaignsCount": INTEGER},
    "GetTemplatesResponse": {"totalTemplatesCount": INTEGER},
    "ApiTemplateResponse": {"createdAt": INTEGER, "updatedAt": INTEGER},
    "ApiEmailTemplateModel": {"cacheDataFeed": BOOLEAN, "mergeDataFeedContext": BOOLEAN},
    "ApiPushTemplateModel": {"campaignId": INTEGER, "createdAt": INTEGER, "updatedAt": INTEGER},
    "ApiSMSTemplateModel": {"campaignId": INTEGER, "createdAt": INTEGER, "updatedAt": INTEGER},
    "ApiEmbeddedTemplateModel": {"placementId": INTEGER},
    "ApiInAppMessage": {"createdAt": INTEGER, "expiresAt": INTEGER},
    "CatalogItemWithProperties": {"lastModified": INTEGER},
    "SnippetResponse": {"id": INTEGER},
    # Named a string, drawn as an object; the official client reads a string.
    "ApiTemplateEntry": {"locales": {"type": "array", "items": {"type": "string"}}},
    # Types of the service's own code.
    "JobModel": {"dataTypeName": {"type": "string"}, "jobState": {"type": "string"}},
    # The official client reads these in lower case.
    "ExportJobStatusAndFiles": {
        "jobState": {"enum": ["enqueued", "running", "completed", "failed", "cancelled"]}
    },
    # Written before there were further media.
    "ChannelDetails": {"messageMedium": {"enum": list(Medium)}},
}
# Read by the service to choose a version of a message; here they make no difference.
IGNORED = {"SDKVersion", "packageName", "sdkVersion", "platform", "currentMessageIds"}
# Omitting it is how a triggered campaign is made.
OPTIONAL_AFTER_ALL = {("POST /api/campaigns/create", "listIds")}
# These are checked by hand, so that the refusal is the one that was recorded.
CHECKED_BY_HAND = {("GET /api/campaigns/metrics", "campaignId")}
# Facts that are read only.
READ_ONLY = {"metadata", "createdAt", "updatedAt"}


def schema_of(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer's schema, corrected, that knows no further properties."""
    definitions = json.loads(json.dumps(REFERENCE["$defs"]))
    for model, properties in CORRECTIONS.items():
        definitions[model]["properties"] |= properties
    for definition in definitions.values():
        definition.setdefault("additionalProperties", False)
    return {**answer, "$defs": definitions}


def test_all_routes_are_implemented_and_no_others() -> None:
    assert sorted(IMPLEMENTED) == sorted(BY_ROUTE)
    assert len(ROUTES) == 157


def test_every_route_has_an_example() -> None:
    assert sorted(EXAMPLES) == sorted(IMPLEMENTED)


@pytest.mark.parametrize("name", sorted(IMPLEMENTED))
def test_effect_and_rate_limit_are_the_documented_ones(name: str) -> None:
    route, documented = IMPLEMENTED[name], BY_ROUTE[name]

    limits = [f"{limit.calls}/{limit.per}/{limit.scope}" for limit in route.limits]

    assert route.effect == documented["effect"]
    assert limits[:1] == ([documented["limit"]] if "limit" in documented else [])


@pytest.mark.parametrize("name", sorted(IMPLEMENTED))
def test_every_documented_parameter_is_read(name: str) -> None:
    documented = BY_ROUTE[name]
    endpoint = IMPLEMENTED[name].compile()

    for part, struct in (("query", endpoint.query), ("body", endpoint.body)):
        fields = (
            {each.encode_name: each for each in msgspec.structs.fields(struct)} if struct else {}
        )
        for parameter, need in documented.get(part, {}).items():
            if parameter in IGNORED or (part == "body" and parameter in READ_ONLY - set(fields)):
                continue
            assert parameter in fields, parameter
            if need == "required" and (name, parameter) not in (
                OPTIONAL_AFTER_ALL | CHECKED_BY_HAND
            ):
                assert fields[parameter].required, parameter


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_a_success_looks_as_documented(us: Client, clock: FrozenClock, name: str) -> None:
    method, path = name.split(" ")
    example, documented = EXAMPLES[name], BY_ROUTE[name]
    project = us.app.sandbox.project
    path = filled(project, example.path or path)
    body = json.loads(filled(project, json.dumps(example.body)))
    for verb, place, earlier in example.before:
        assert us.call(verb, place, body=earlier).status < 300
    clock.advance(seconds=2 + example.wait)

    answer = us.call(method, path, body=body)

    successes = [status for status in documented["statuses"] if status < 300]
    assert answer.status in (successes or [200]), answer.text
    if "answer" in documented and answer.headers["content-type"] == "application/json":
        jsonschema_rs.validator_for(schema_of(documented["answer"])).validate(answer.json)


@pytest.mark.parametrize(
    "name",
    sorted(name for name, each in BY_ROUTE.items() if "required" in each.get("body", {}).values()),
)
def test_a_body_without_its_required_fields_is_refused(us: Client, name: str) -> None:
    method, path = name.split(" ")

    answer = us.call(method, (EXAMPLES[name].path or path), body={})

    assert answer.status == 400
    assert "Invalid JSON body" in answer.text or answer.text.startswith("Json error: ")


def filled(project: Project, text: str) -> str:
    """Put the ids of messages that were sent where a text asks for them."""
    messages = project.messages
    avery = project.users.with_email(AVERY)[0]
    for medium, name in (
        (Medium.EMAIL, "{email_message}"),
        (Medium.IN_APP, "{in_app_message}"),
        (Medium.EMBEDDED, "{embedded_message}"),
    ):
        text = text.replace(name, messages.to(avery, medium)[0].id)
    return text

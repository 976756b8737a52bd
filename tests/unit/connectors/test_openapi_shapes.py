"""The shapes of vendors' documents that no package holds: mail, chat and code hosting."""

import json
from pathlib import Path
from typing import Any

import pytest

from jackfield.connectors.connector import Connector
from tests.support.openapi import faults, imported, read
from tests.unit.connectors.openapi_building import query, sent

pytestmark = pytest.mark.anyio

DOCUMENT = """\
openapi: 3.1.0
info: { title: Shapes, version: '1' }
servers: [{ url: https://api.shapes.example }]
security: [{ token: [] }]
paths:
  /emails:
    post:
      operationId: send
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Email' } } } }
  /emails/batch:
    post:
      operationId: send_batch
      requestBody: { required: true, content: { application/json: { schema: { type: array, items: { $ref: '#/components/schemas/Email' } } } } }
  /emails/metrics:
    get:
      operationId: metrics
      parameters:
        - { name: metric, in: query, explode: false, schema: { type: array, items: { enum: [sent, opened] } } }
        - { name: domain_id, in: query, explode: false, schema: { type: array, items: { type: string } } }
        - { name: tag, in: query, explode: false, schema: { type: array, items: { type: string } } }
        - { name: audience, in: query, explode: false, schema: { type: array, items: { type: integer } } }
        - { name: group, in: query, explode: false, style: pipeDelimited, schema: { type: array, items: { type: string } } }
  /contacts/imports:
    post:
      operationId: import_contacts
      requestBody:
        required: true
        content:
          multipart/form-data:
            schema: { type: object, required: [file], properties: { file: { type: string, format: binary }, on_conflict: { enum: [skip, update] }, columns: { type: object, additionalProperties: { type: string } } } }
  /channels/{channel_id}/messages:
    parameters: [{ name: channel_id, in: path, required: true, schema: { type: string, pattern: '^(0|[1-9][0-9]*)$' } }]
    post:
      operationId: create_message
      security: [{ token: [], app: [] }]
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties:
                content: { type: [string, 'null'], maxLength: 2000 }
                nonce: { anyOf: [{ type: integer, format: int64 }, { type: string, maxLength: 25 }, { type: 'null' }] }
                tts: { type: [boolean, 'null'] }
                components: { type: [array, 'null'], items: { oneOf: [{ type: object, required: [type, label], properties: { type: { const: 2 }, label: { type: string } } }, { type: object, required: [type, spacing], properties: { type: { const: 14 }, spacing: { type: integer } } }] } }
    get:
      operationId: list_messages
      security: [{ app: [] }, { token: [] }]
  /guilds/members/search:
    get: { operationId: search_members, parameters: [{ name: query, in: query, required: true, schema: { type: string } }, { name: limit, in: query, schema: { type: integer } }] }
  /gateway:
    get: { operationId: gateway, security: [] }
  /repos/{path}/issues/{number}:
    parameters:
      - { name: path, in: path, required: true, schema: { type: string } }
      - { name: number, in: path, required: true, schema: { type: integer } }
    patch:
      operationId: update_issue
      requestBody: { content: { application/json: { schema: { type: object, properties: { title: { oneOf: [{ type: string }, { type: integer }] }, body: { type: [string, 'null'] }, number: { type: integer } } } } } }
  /assets:
    servers: [{ url: https://uploads.shapes.example }]
    post:
      operationId: upload
      parameters: [{ name: name, in: query, required: true, schema: { type: string } }]
      requestBody: { required: true, content: { application/octet-stream: { schema: { type: string, format: binary } } } }
components:
  securitySchemes:
    token: { type: http, scheme: bearer }
    app: { type: apiKey, in: header, name: X-App }
  schemas:
    Email:
      type: object
      required: [from, to]
      properties:
        from: { type: string }
        to: { oneOf: [{ type: string }, { type: array, items: { type: string }, minItems: 1, maxItems: 50 }] }
        scheduled_at: { type: [string, 'null'] }
        tags: { type: array, items: { type: object, required: [name], properties: { name: { type: string }, value: { type: [string, 'null'] } } } }
"""


@pytest.fixture(scope="module")
def connector(tmp_path_factory: pytest.TempPathFactory) -> Connector:
    folder = tmp_path_factory.mktemp("shapes")
    (folder / "shapes.yaml").write_text(DOCUMENT, encoding="utf-8")
    return imported(folder / "shapes.yaml", folder)


async def test_every_tool_sends_what_its_document_asks_for(
    connector: Connector, tmp_path: Path
) -> None:
    file = tmp_path / "shapes.yaml"
    file.write_text(DOCUMENT, encoding="utf-8")

    assert connector.findings == ()
    assert len(connector.actions) == 10
    assert await faults(connector, read(file)) == []


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("send", {"from": "a", "to": "b"}),
        ("send", {"from": "a", "to": ["b", "c"], "scheduled_at": None}),
        ("send", {"from": "a", "to": "b", "tags": [{"name": "n", "value": None}]}),
        ("create_message", {"nonce": 1915883588174806058}),
        ("create_message", {"nonce": "n", "content": None, "tts": None, "components": None}),
        ("create_message", {"components": [{"type": 2, "label": "x"}, {"type": 14, "spacing": 1}]}),
        ("update_issue", {"title": "t", "body": None}),
        ("update_issue", {"title": 5, "body": "b"}),
    ],
)
async def test_each_of_several_shapes_and_null_arrive_as_they_are(
    connector: Connector, action: str, body: dict[str, Any]
) -> None:
    paths = {"create_message": {"channel_id": "7"}, "update_issue": {"path": "p", "number": 7}}
    inputs = {"path": paths.get(action, {}), "body": body}
    methods = {each.key for each in connector.auth_methods}

    request = await sent(
        connector,
        inputs,
        method=next(iter(methods)),
        credentials={"token": "t", "api_key": "k"},
        action=f"made_{action}",
    )

    assert json.loads(request.body or b"") == body


async def test_lists_that_do_not_explode_are_one_value_each(connector: Connector) -> None:
    given = {
        "metric": ["sent", "opened"],
        "domain_id": ["a", "b"],
        "tag": ["t,1", "t2"],
        "audience": [1, 2],
        "group": ["g", "h"],
    }

    request = await sent(
        connector,
        {"query": given},
        method=connector.auth_methods[0].key,
        credentials={"token": "t", "api_key": "k"},
        action="made_metrics",
    )

    assert dict(query(request)) == {
        "metric": "sent,opened",
        "domain_id": "a,b",
        "tag": "t,1,t2",
        "audience": "1,2",
        "group": "g|h",
    }

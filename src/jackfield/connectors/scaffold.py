"""Scaffold of a new connector."""

import re
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Final
from xml.sax.saxutils import escape

from jackfield.kit.errors import Conflict, InvalidRequest

_KEY: Final = re.compile(r"[a-z][a-z0-9_]*")

_MAIN: Final = Template("""\
StackOne: 1.0.0
engine: strict

info:
  title: $title
  key: $key
  version: 0.1.0
  description: What people use $title for, in one sentence.
  assets:
    icon: icon.svg
categories: [documents]
releaseStage: preview

baseUrl: https://api.$host

authentication:
  - api_key:
      type: custom
      label: API Key
      authorization:
        type: bearer
        token: $$.credentials.api_key
      configFields:
        - key: api_key
          label: API Key
          type: password
          required: true
          secret: true
      support:
        link: https://$host/help
        guides:
          config:
            sections:
              - title: Create an API key
                steps:
                  - title: Open the settings
                    content: Sign in to [$title](https://$host) and open **Settings**.
                  - title: Create the key
                    field: api_key
                    list:
                      - Press **New key**.
                      - Copy the key.
      testActions:
        - required: true
          action: list_items

actions:
  - $$ref: $key.items
""")

_PARTIAL: Final = Template("""\
- actionId: list_items
  label: List items
  description: List all items, page by page.
  categories: [documents]
  actionType: list
  effects: [read]
  inputs:
    - name: page_size
      type: integer
      in: query
      description: How many items to return at most; 50 when left out.
      default: 50
      rules: { min: 1, max: 100 }
    - name: next
      type: string
      in: query
      description: "Where to go on: the value of next in the previous answer."
  steps:
    - stepId: fetch
      stepFunction:
        functionName: paginated_request
        parameters:
          url: /items
          method: get
          args:
            - { name: limit, value: $$.inputs.page_size, in: query }
          response:
            dataKey: items
            nextKey: next_cursor
          iterator:
            key: cursor
            in: query
  result:
    data: $$.steps.fetch.output.data

- actionId: get_item
  label: Get an item
  description: Get one item by its id.
  categories: [documents]
  actionType: get
  effects: [read]
  inputs:
    - name: id
      type: string
      in: path
      required: true
      description: Id of the item.
  steps:
    - stepId: fetch
      stepFunction:
        functionName: request
        parameters:
          url: /items/$${inputs.id}
          method: get
  result:
    data: $$.steps.fetch.output.data
""")

_CASES: Final = """\
- case: pages are followed until there are enough rows
  action: list_items
  credentials: &ours { api_key: secret-1 }
  inputs: { page_size: 3 }
  provider:
    - expect:
        method: GET
        path: /items
        query: { limit: 3 }
        headers: { Authorization: Bearer secret-1 }
      answer: { json: { items: [{ id: a }, { id: b }], next_cursor: two } }
    - expect: { method: GET, path: /items, query: { limit: 3, cursor: two } }
      answer: { json: { items: [{ id: c }] } }
  output: [{ id: a }, { id: b }, { id: c }]

- case: an id is encoded into the path
  action: get_item
  credentials: *ours
  inputs: { id: a/b }
  provider:
    - expect: { method: GET, path: /items/a%2Fb }
      answer: { json: { id: a/b } }
  output: { id: a/b }
"""

_ICON: Final = Template("""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" role="img" aria-label="$title">
  <rect width="48" height="48" rx="10" fill="#475569"/>
  <circle cx="24" cy="24" r="10" fill="none" stroke="#fff" stroke-width="4"/>
</svg>
""")


def sketch(key: str, *, title: str | None = None) -> dict[str, str]:
    """
    Return the files of a connector with two actions, by their names in its folder.

    Raises:
        InvalidRequest: `key` cannot be a connector's key.
    """
    require_key(key)
    named = title or key.replace("_", " ").title()
    words = {"key": key, "title": named, "host": f"{key.replace('_', '-')}.example.com"}
    return {
        f"{key}.connector.s1.yaml": _MAIN.substitute(words),
        f"{key}.items.s1.partial.yaml": _PARTIAL.substitute(words),
        "cases/items.yaml": _CASES,
        "icon.svg": icon_of(named),
    }


def icon_of(title: str) -> str:
    """Return an icon that says nothing yet."""
    return _ICON.substitute(title=escape(title, {'"': "&quot;"}))


def require_key(key: str) -> None:
    if not _KEY.fullmatch(key):
        msg = f"{key!r} cannot be a key: use lower case letters, digits and '_', a letter first"
        raise InvalidRequest(msg)


def write_files(files: Mapping[str, str], folder: Path) -> None:
    """
    Write a connector's files into `folder`, which must not exist.

    Raises:
        Conflict: it exists.
    """
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        msg = f"{folder} exists already"
        raise Conflict(msg) from None
    add_files(files, folder)


def add_files(files: Mapping[str, str], folder: Path) -> None:
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(content, encoding="utf-8")

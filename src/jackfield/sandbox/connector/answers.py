"""Answers to requests that are all right: what is stored is read, and what is sent is stored."""

from collections.abc import Mapping, Sequence
from typing import Final

from jackfield.kit.json import Json, as_object, is_list, is_object
from jackfield.sandbox.connector.endpoints import Endpoint
from jackfield.sandbox.connector.nouns import is_plural
from jackfield.sandbox.connector.paging import next_link, take_page, tell_page
from jackfield.sandbox.connector.provider import Provider
from jackfield.sandbox.connector.request import Request
from jackfield.sandbox.connector.shapes import Shape
from jackfield.sandbox.connector.store import Resource, Row, Store, names_of_id, write
from jackfield.sandbox.replies import Reply

_REFERENCES: Final = frozenset({"customer", "subscription", "product", "channel", "user"})


class NoSuchRow(Exception):
    """A request is about something that is not there."""


class Answers:
    """Answers from a store."""

    def __init__(self, provider: Provider, store: Store) -> None:
        self._provider = provider
        self._store = store

    def answer(
        self, endpoint: Endpoint, request: Request, values: Mapping[str, str], body: Json
    ) -> Reply:
        """
        Do what a request asks for.

        Raises:
            NoSuchRow: it is about something that is not there.
        """
        shape = self._provider.shapes[endpoint]
        resource = self._provider.resource(endpoint)
        if resource is None or (shape.row is None and endpoint.kind in {"list", "get"}):
            return shape.reply(shape.answer.json)
        call = _Call(endpoint, resource, shape, request, values, as_object(body))
        if endpoint.kind == "list" or (endpoint.kind == "get" and shape.is_list):
            return self._listed(call)
        if endpoint.kind == "get":
            return self._shown(call)
        return self._written(call)

    def _listed(self, call: "_Call") -> Reply:
        rows = [
            row
            for row in self._store.below(call.resource.noun, tuple(call.values.values()))
            if _is_wanted(row, call)
        ]
        if not call.shape.is_list:
            return call.shape.reply(call.shape.answer.json)
        id_name = call.resource.id_name
        page = take_page(call.endpoint, rows, id_name, call.request.query, call.body)
        shown = [call.shape.fitted(row, is_whole=True) for row in page.rows]
        whole = tell_page(call.endpoint, call.shape.filled(shown), page, call.request.target)
        return call.shape.reply(whole, next_link(call.endpoint, page, call.request.target))

    def _shown(self, call: "_Call") -> Reply:
        row = self._found(call)
        if row is None:
            row = dict(self._store.rows(call.resource.noun, call.place)[0])
            known = row.get(call.resource.id_name)
            if call.own_id and isinstance(known, str):
                row[call.resource.id_name] = call.own_id
        return call.shape.reply(call.shape.filled([call.shape.fitted(row, is_whole=True)]))

    def _written(self, call: "_Call") -> Reply:
        several = call.several
        if several:
            rows = [self._write(call, each) for each in several]
            return self._told(call, [row for row in rows if row is not None] or None)
        deletes = "delete" in call.endpoint.effects
        if deletes and call.ids:
            for each in call.ids:
                row = self._store.find(call.resource.noun, call.place, each)
                if row is not None:
                    self._store.remove(call.resource.noun, row)
            return self._told(call, None)
        row = self._write(call, call.content)
        return self._told(call, None if row is None else [row])

    def _write(self, call: "_Call", content: Mapping[str, Json]) -> Row | None:
        noun, id_name = call.resource.noun, call.resource.id_name
        if call.creates and not call.own_id:
            return self._store.add(noun, tuple(call.values.values()), content)
        wanted = call.own_id or str(content.get("id", content.get(id_name, content.get("Id", ""))))
        if not wanted:
            return None
        row = self._store.find(noun, call.place, wanted)
        if row is None and (call.puts or call.several):
            return self._store.add(noun, call.place, content, wanted)
        if row is None and call.resource.is_alone:
            return None
        if row is None:
            raise NoSuchRow
        if "delete" in call.endpoint.effects and not call.is_soft:
            self._store.remove(noun, row)
        elif call.is_own_address:
            write(row, content, id_name)
        return row

    def _found(self, call: "_Call") -> Row | None:
        if not call.own_id:
            return None
        row = self._store.find(call.resource.noun, call.place, call.own_id)
        if row is None and not call.resource.is_alone:
            raise NoSuchRow
        return row

    def _told(self, call: "_Call", rows: Sequence[Row] | None) -> Reply:
        shape = call.shape
        if rows is None or shape.answer.json is None or shape.row is None:
            return shape.reply(call.echoed(shape.answer.json))
        is_whole = _is_row_like(shape.row, call.resource)
        shown = [_with_id(shape.fitted(row, is_whole=is_whole), row, call) for row in rows]
        whole = shape.filled(shown)
        return shape.reply(call.echoed(whole, rows[0]) if shape.path else whole)


class _Call:
    """A request for a resource, with what it says about a row."""

    def __init__(
        self,
        endpoint: Endpoint,
        resource: Resource,
        shape: Shape,
        request: Request,
        values: Mapping[str, str],
        body: dict[str, Json],
    ) -> None:
        self.endpoint, self.resource, self.shape = endpoint, resource, shape
        self.request, self.values, self.body = request, values, body
        parts = list(values.values())
        self.creates = endpoint.kind == "create" or (
            "write" in endpoint.effects and endpoint.action.startswith(("create_", "upsert_"))
        )
        own = not self.creates or (endpoint.is_of_one and endpoint.method in {"PUT", "PATCH"})
        if endpoint.kind == "get" and parts and not endpoint.is_of_one:
            # Such as the metrics of a campaign: there is one of them at each place.
            own = False
        self.own_id = ""
        if own and endpoint.kind != "list":
            self.own_id = parts[-1] if parts else self._named_id()
        self.place = tuple(parts[:-1]) if self.own_id and parts else tuple(parts)
        self.is_own_address = endpoint.is_of_one or not parts
        self.puts = endpoint.method == "PUT" or endpoint.action.startswith(("upsert_", "identify_"))

    @property
    def content(self) -> dict[str, Json]:
        """What the body says of the row: all of it, or what its one member holds."""
        last = self.resource.noun.rpartition("_")[2]
        for name in (self.resource.noun, last):
            inner = self.body.get(name)
            if len(self.body) == 1 and is_object(inner):
                return inner
        if all(each.is_whole_body for each in self.endpoint.arguments if each.place == "body"):
            return self.body
        sent = {each.name.partition("[")[0] for each in self.endpoint.arguments}
        return {name: value for name, value in self.body.items() if name in sent}

    def echoed(self, whole: Json, row: Mapping[str, Json] | None = None) -> Json:
        """Return an answer that says again what the request did, and the id of its row."""
        if not is_object(whole):
            return whole
        sent = {**self.values, **self.request.query, **self.body}
        id_name = self.resource.id_name
        if row is not None and id_name:
            sent[id_name] = row.get(id_name)
        return {
            name: sent[name] if name in sent and _is_same_kind(sent[name], value) else value
            for name, value in whole.items()
        }

    @property
    def several(self) -> list[dict[str, Json]]:
        """The rows that the body has at once; none where it is about a single one."""
        if not is_plural(self.endpoint.action) or self.own_id:
            return []
        lists = [
            [each for each in value if is_object(each)]
            for value in self.body.values()
            if is_list(value)
        ]
        rows = [each for each in lists if each]
        return rows[0] if len(rows) == 1 else []

    @property
    def ids(self) -> list[str]:
        """The ids of several rows, in the query or body."""
        if self.own_id:
            return []
        found: list[str] = []
        for source in (self.request.query, self.body):
            for name, value in source.items():
                if name.lower().endswith(("ids", "emails")):
                    found += (
                        [str(each) for each in value] if is_list(value) else str(value).split(",")
                    )
        return found

    @property
    def is_soft(self) -> bool:
        """Whether what is deleted is still read, and says so: such a change is in the body."""
        return self.endpoint.method in {"PATCH", "PUT"}

    def _named_id(self) -> str:
        names = names_of_id(self.resource)
        if self.endpoint.kind == "get":
            names += ["email", "key", "name"]
        for source in (self.request.query, self.body):
            for name in names:
                value = source.get(name)
                if isinstance(value, str | int) and value != "":
                    return str(value)
        return ""


def _is_wanted(row: Mapping[str, Json], call: _Call) -> bool:
    """Return whether a row has what the query asks for by id or email."""
    for argument in call.endpoint.arguments:
        wanted = call.request.query.get(argument.name)
        name = argument.name
        if argument.place != "query" or not isinstance(wanted, str) or not wanted:
            continue
        is_told = name.endswith(("email", "_id", "Id", "id")) or name in _REFERENCES
        told = row.get(name)
        told = told.get("id") if is_object(told) else told
        if is_told and isinstance(told, str | int) and str(told) not in wanted.split(","):
            return False
    return True


def _is_same_kind(sent: Json, shown: Json) -> bool:
    return type(sent) is type(shown) and isinstance(sent, str | int | float)


def _is_row_like(shown: Mapping[str, Json], resource: Resource) -> bool:
    shared = set(shown) & set(resource.row)
    return resource.id_name in shown and 2 * len(shared) >= len(resource.row)


def _with_id(shown: dict[str, Json], row: Row, call: _Call) -> dict[str, Json]:
    """Return what is answered to a write with the row's id, by whichever name it goes there."""
    id_ = row.get(call.resource.id_name)
    for name in ("id", f"{call.resource.noun}_id"):
        known = shown.get(name)
        if isinstance(known, str | int) and type(known) is type(id_):
            shown[name] = id_
    return shown

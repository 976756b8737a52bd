"""The request of an imported action, as its connector has it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from jackfield.engine.ports import Response
from jackfield.testing.provider import answer

NOTHING: Final = Response(204, {}, b"")


@dataclass(frozen=True, slots=True)
class Step:
    """The request of an action, as its connector has it; a list with pages sends some of it itself."""

    entries: Mapping[str, Any]

    @property
    def answer(self) -> Response:
        if "iterator" not in self.entries:
            return NOTHING
        data_key = self.entries.get("response", {}).get("dataKey")
        return answer(json={data_key: []} if data_key else [])

    @property
    def sent_by_paging(self) -> list[tuple[str, str]]:
        """The first page's place, where it is told."""
        iterator = self.entries.get("iterator", {})
        if iterator.get("mode") == "page":
            return [(iterator["key"], str(iterator.get("startPage", 1)))]
        return [(iterator["key"], "0")] if iterator.get("mode") == "offset" else []

    def input_of(self, place: str, name: str) -> str | None:
        """Return the input of a parameter; `None` if paging sends it."""
        if place != "query" or "iterator" not in self.entries:
            return name
        sent = {arg["name"]: arg["value"] for arg in self.entries.get("args", [])}
        if sent.get(name) == "$.inputs.page_size":
            return "page_size"
        return name if name in sent else None

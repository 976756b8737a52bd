"""A connector document, compiled by the engine on first use."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from jackfield.engine.connector import CompiledAction, CompiledConnector
from jackfield.kit.json import Json


@dataclass(frozen=True, eq=False)
class Compilation:
    document: Mapping[str, Json]

    @cached_property
    def connector(self) -> CompiledConnector:
        return CompiledConnector(self.document)

    def action(self, action: str | Mapping[str, Json]) -> CompiledAction:
        """Compile one of the document's actions by its id in the file, or one written inline."""
        if isinstance(action, str):
            return self.connector.action(action)
        return self.connector.inline(action)

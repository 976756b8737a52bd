"""Catalogs of items that templates can refer to."""

from dataclasses import dataclass, field
from datetime import datetime

from jackfield.kit.json import Json, encode


@dataclass(slots=True)
class Item:
    value: dict[str, Json]
    modified_at: datetime

    @property
    def size(self) -> int:
        return len(encode(self.value))


@dataclass(slots=True, eq=False)
class Catalog:
    """Items by id, and the types that were given to fields."""

    name: str
    items: dict[str, Item] = field(default_factory=dict[str, Item])
    mappings: dict[str, str] = field(default_factory=dict[str, str])

    def undefined_fields(self) -> list[str]:
        """Name the fields that items have and nobody gave a type, in the order they came."""
        seen = dict.fromkeys(name for item in self.items.values() for name in item.value)
        return [name for name in seen if name not in self.mappings]

    def merge(self, item_id: str, values: dict[str, Json], *, now: datetime) -> None:
        known = self.items.get(item_id)
        merged = {**known.value, **values} if known is not None else values
        self.items[item_id] = Item(merged, now)

    def replace(self, item_id: str, value: dict[str, Json], *, now: datetime) -> None:
        self.items[item_id] = Item(value, now)

    def remove(self, item_id: str) -> None:
        self.items.pop(item_id, None)

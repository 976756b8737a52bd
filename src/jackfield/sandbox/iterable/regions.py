"""The two data centers, and what sets a project in one apart from a project in the other."""

from dataclasses import dataclass
from enum import StrEnum


class Region(StrEnum):
    US = "us"
    EU = "eu"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is fixed about a region's project."""

    project_id: int
    organization_id: int
    project_name: str
    title: str


FACTS = {
    Region.US: Facts(4101, 71, "Larkfield Outfitters (US)", "United States"),
    Region.EU: Facts(8202, 82, "Larkfield Outfitters (EU)", "European Union"),
}

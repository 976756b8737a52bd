"""One region of the sandbox: its project, keys, limits, faults and request log."""

from jackfield.kit.clock import Clock
from jackfield.kit.redaction import Redactor
from jackfield.sandbox.iterable.access.buckets import Buckets
from jackfield.sandbox.iterable.access.keys import ApiKey, make_keys
from jackfield.sandbox.iterable.faults import Faults
from jackfield.sandbox.iterable.journal import Journal
from jackfield.sandbox.iterable.regions import Region
from jackfield.sandbox.iterable.seed.document import Seed
from jackfield.sandbox.iterable.seed.project import plant
from jackfield.sandbox.turnable_clock import TurnableClock


class RegionalSandbox:
    def __init__(self, region: Region, *, clock: Clock, seed: Seed) -> None:
        """
        Start from a seed.

        Raises:
            Refusal: the seed holds what the provider would refuse.
        """
        self.region = region
        self.clock = TurnableClock(clock)
        self.buckets = Buckets()
        self.faults = Faults()
        self.journal = Journal()
        self.keys = make_keys(region)
        self._by_value = {key.value: key for key in self.keys.values()}
        self.seed = seed
        self.project = plant(region, self.clock, seed)

    def reset(self, seed: Seed | None = None) -> None:
        """
        Start again, from the same seed or another one; the clock keeps its time.

        Raises:
            Refusal: the seed holds what the provider would refuse; nothing has changed.
        """
        self.project = plant(self.region, self.clock, seed or self.seed)
        self.seed = seed or self.seed
        self.keys = make_keys(self.region)
        self._by_value = {key.value: key for key in self.keys.values()}
        self.buckets.clear()
        self.faults.clear()
        self.journal.clear()

    def find_key(self, value: str) -> ApiKey | None:
        return self._by_value.get(value)

    def redactor(self) -> Redactor:
        """Return what masks this region's keys in whatever is shown."""
        return Redactor(key.value for key in self.keys.values())

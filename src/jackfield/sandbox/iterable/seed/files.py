"""Seed files: one seed for both regions, or `{"us": …, "eu": …}`."""

from msgspec.structs import replace

from jackfield.kit.json import Json, decode
from jackfield.sandbox.iterable.seed.document import RegionSeeds, Seed


def parse_seeds(text: bytes) -> RegionSeeds:
    """
    Read a seed file.

    Raises:
        DecodeError: it is not JSON, or (as its subclass `ValidationError`) no seed.
    """
    names = decode(text, dict[str, Json]).keys()
    if names & {"us", "eu"}:
        return decode(text, RegionSeeds)
    seed = decode(text, Seed)
    return RegionSeeds(seed, seed)


def slowed(seeds: RegionSeeds, seconds: float) -> RegionSeeds:
    """Have every answer of both regions wait."""
    return RegionSeeds(_slow(seeds.us, seconds), _slow(seeds.eu, seconds))


def _slow(seed: Seed, seconds: float) -> Seed:
    return replace(seed, settings=replace(seed.settings, latency=seconds))

import pytest
from hypothesis import HealthCheck, settings

_USUAL = 60


@pytest.fixture(scope="session")
def fuzzing(request: pytest.FixtureRequest) -> settings:
    """Return how much is tried: always the same, or with --fuzz as much as is asked for."""
    wanted = int(request.config.getoption("--fuzz") or 0)
    return settings(
        max_examples=wanted or _USUAL,
        derandomize=not wanted,
        database=None,
        deadline=None,
        suppress_health_check=[*HealthCheck],
    )

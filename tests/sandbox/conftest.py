import pytest

from jackfield.sandbox.iterable.app import build_app
from jackfield.sandbox.iterable.regions import Region
from tests.sandbox.client import Client
from tests.support.clock import FrozenClock


@pytest.fixture
def us(clock: FrozenClock) -> Client:
    """A client of a freshly planted US project."""
    return Client(build_app(Region.US, clock=clock))


@pytest.fixture
def eu(clock: FrozenClock) -> Client:
    return Client(build_app(Region.EU, clock=clock))

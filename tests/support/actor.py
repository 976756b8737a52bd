"""The actor of changes that a test makes itself."""

from typing import Final

from jackfield.kit.actor import Actor

TESTER: Final = Actor.command("test")

"""What the hub promises, and the tests that hold it to it. `SECURITY.md` says the same to people."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Part:
    """Some words of a promise, and the names of the tests that fail where they are broken."""

    words: str
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise, of which every word is in one part."""

    parts: tuple[Part, ...]

    @property
    def sentence(self) -> str:
        return " ".join(each.words for each in self.parts)


def _read(text: str) -> tuple[Promise, ...]:
    # What stands before the first empty line is about the file.
    return tuple(_promise(block) for block in text.strip().split("\n\n")[1:])


def _promise(block: str) -> Promise:
    parts: list[Part] = []
    for line in block.splitlines():
        if line.startswith(" "):
            parts[-1] = Part(parts[-1].words, (*parts[-1].tests, line.strip()))
        else:
            parts.append(Part(line, ()))
    return Promise(tuple(parts))


PROMISES = _read(Path(__file__).with_name("promises.txt").read_text("utf-8"))

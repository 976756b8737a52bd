# What is used of google-re2, which brings no types.

from typing import Final

class error(Exception): ...

class Options:
    log_errors: bool
    max_mem: int
    never_capture: bool
    encoding: Encoding

    class Encoding:
        LATIN1: Final[Options.Encoding]

class Match:
    def span(self, group: int = 0) -> tuple[int, int]: ...
    def end(self, group: int = 0) -> int: ...

class Pattern:
    groups: Final[int]
    programsize: Final[int]
    def search(
        self, text: str | bytes, pos: int | None = None, endpos: int | None = None, /
    ) -> Match | None: ...

class Set:
    @classmethod
    def SearchSet(cls, options: Options | None = None) -> Set: ...
    def Add(self, pattern: str) -> int: ...
    def Compile(self) -> None: ...
    def Match(self, text: bytes) -> list[int] | None: ...

def escape(pattern: bytes) -> bytes: ...
def compile(pattern: str | bytes, options: Options | None = None) -> Pattern: ...

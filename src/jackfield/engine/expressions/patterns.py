"""Regular expressions that cannot run away.

A pattern comes from a connector and a text from a provider or a caller, so matching is done by a
Pike machine: time is proportional to pattern times text, whatever either looks like. That is the
reason there are no back-references and no look-around.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

from jackfield.engine.expressions.errors import SyntaxFault
from jackfield.engine.expressions.pattern_syntax import (
    Assertion,
    Choice,
    Group,
    Item,
    Repeat,
    Sequence,
    Single,
    parse_pattern,
)
from jackfield.kit.json import Json

_LARGEST_PROGRAM: Final = 4096

Saved: TypeAlias = tuple[int | None, ...]
Thread: TypeAlias = tuple[int, Saved]
# What to do, its argument, and for a split the second way on.
Instruction: TypeAlias = tuple[str, Json, int]
_MATCH: Final[Instruction] = ("match", None, 0)


class Pattern:
    def __init__(self, source: str) -> None:
        """
        Compile `source`.

        Raises:
            SyntaxFault: it is not a regular expression, or larger than allowed.
        """
        tree, self.groups, self._fold = parse_pattern(source)
        self._program: list[Instruction] = []
        self._emit(Group(tree, 0))
        self._program.append(_MATCH)

    def search(self, text: str, spend: Callable[[int], None]) -> tuple[str | None, ...] | None:
        """Find the leftmost match: the whole and its groups. `spend` is told what it costs."""
        subject = text.casefold() if self._fold and len(text.casefold()) == len(text) else text
        found: Saved | None = None
        threads: list[Thread] = []
        empty: Saved = (None,) * (2 * self.groups + 2)
        for position in range(len(subject) + 1):
            if found is None:
                self._follow(threads, {pc for pc, _ in threads}, (0, empty), subject, position)
            if not threads:
                if found is not None:
                    break
                continue
            spend(len(threads))
            char = subject[position] if position < len(subject) else ""
            waiting, threads, seen = threads, [], set[int]()
            for pc, saved in waiting:
                operation, argument, _ = self._program[pc]
                if operation == "match":
                    found = saved
                    break
                if char and argument(char):
                    self._follow(threads, seen, (pc + 1, saved), subject, position + 1)
        if found is None:
            return None
        ends = zip(found[::2], found[1::2], strict=True)
        return tuple(None if a is None or b is None else text[a:b] for a, b in ends)

    def _follow(
        self, threads: list[Thread], seen: set[int], start: Thread, text: str, position: int
    ) -> None:
        """Go on from `start` to every instruction that reads a character, best first."""
        stack = [start]
        while stack:
            pc, saved = stack.pop()
            if pc in seen:
                continue
            seen.add(pc)
            operation, argument, other = self._program[pc]
            if operation == "jump":
                stack.append((argument, saved))
            elif operation == "split":
                stack += [(other, saved), (argument, saved)]
            elif operation == "save":
                stack.append((pc + 1, (*saved[:argument], position, *saved[argument + 1 :])))
            elif operation == "assert":
                if argument(text, position):
                    stack.append((pc + 1, saved))
            else:
                threads.append((pc, saved))

    def _emit(self, item: Item) -> None:
        if len(self._program) > _LARGEST_PROGRAM:
            reason = "the pattern is too large"
            raise SyntaxFault(reason, 0)
        match item:
            case Single(matches):
                self._program.append(("char", matches, 0))
            case Assertion(holds):
                self._program.append(("assert", holds, 0))
            case Sequence(items):
                for part in items:
                    self._emit(part)
            case Group(inner, number):
                self._emit_group(inner, number)
            case Choice(options):
                self._emit_choice(options)
            case Repeat():
                self._emit_repeat(item)

    def _emit_group(self, inner: Item, number: int | None) -> None:
        if number is None:
            self._emit(inner)
            return
        self._program.append(("save", 2 * number, 0))
        self._emit(inner)
        self._program.append(("save", 2 * number + 1, 0))

    def _emit_choice(self, options: tuple[Item, ...]) -> None:
        jumps: list[int] = []
        for option in options[:-1]:
            split = self._reserve()
            self._emit(option)
            jumps.append(self._reserve())
            self._program[split] = ("split", split + 1, len(self._program))
        self._emit(options[-1])
        for jump in jumps:
            self._program[jump] = ("jump", len(self._program), 0)

    def _emit_repeat(self, item: Repeat) -> None:
        for _ in range(item.least):
            self._emit(item.item)
        if item.most is None:
            split = self._reserve()
            self._emit(item.item)
            self._program.append(("jump", split, 0))
            self._fork(split, lazy=item.lazy)
            return
        splits: list[int] = []
        for _ in range(item.most - item.least):
            splits.append(self._reserve())
            self._emit(item.item)
        for split in splits:
            self._fork(split, lazy=item.lazy)

    def _reserve(self) -> int:
        self._program.append(_MATCH)
        return len(self._program) - 1

    def _fork(self, split: int, *, lazy: bool) -> None:
        inside, after = split + 1, len(self._program)
        self._program[split] = ("split", after, inside) if lazy else ("split", inside, after)

"""The statements the hub is made of, and those of them that PostgreSQL has carried out."""

import ast
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from jackfield.db import postgres
from tests.support.quick_runs import is_missed

_SOURCE = Path(postgres.__file__).parents[1]
# Compared as texts: each statement of each test asks where it comes from.
_IN_SOURCE, _IN_DRIVERS = f"{_SOURCE}/", f"{_SOURCE}/db/"
_METHODS = frozenset({"all", "one", "run", "executemany", "unscoped"})
_ASKED = re.compile(r"(?:.*\.)?_?(?:tx|db|database)")


@dataclass(frozen=True, slots=True)
class Statement:
    """A place where the database is asked something."""

    file: Path
    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.file.relative_to(_SOURCE)}:{self.first}"


@cache
def written() -> frozenset[Statement]:
    """Return every place in the source that gives the database a statement."""
    own = set((_SOURCE / "db").glob("sqlite*.py"))  # the other driver's
    return frozenset(
        statement
        for file in _SOURCE.rglob("*.py")
        if file not in own
        for statement in _statements_of(file)
    )


class Completeness:
    """Fails a run of all tests in which PostgreSQL was not given every statement.

    It is no test, since it can only be told when all are over, in whichever process they ran.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._lines: set[tuple[str, int]] = set()
        here = config.rootpath / "tests"
        self._is_whole = config.args in ([], ["tests"], [str(here)])
        self._patch = pytest.MonkeyPatch()
        self._watch()

    def pytest_unconfigure(self) -> None:
        self._patch.undo()

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        self._is_whole = self._is_whole and not any(map(is_missed, items))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a test process has seen."""
        told = getattr(node, "workeroutput", {})
        self._lines |= {(file, line) for file, line in told.get("statements", [])}
        self._is_whole = self._is_whole and told.get("is_whole", False)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if (output := getattr(self._config, "workeroutput", None)) is not None:
            output |= {"statements": [*self._lines], "is_whole": self._is_whole}
        elif self._is_whole and exitstatus == pytest.ExitCode.OK and (missing := self._missing()):
            self._fail(session, missing)

    def _fail(self, session: pytest.Session, missing: Sequence[str]) -> None:
        said = (
            "PostgreSQL was not given these statements; mark a test that reaches them `database`:"
            f"\n{chr(10).join(missing)}"
        )
        name = "every statement is given to PostgreSQL"
        report = pytest.TestReport(name, ("", None, name), {}, "failed", said, "call")
        self._config.hook.pytest_runtest_logreport(report=report)
        session.testsfailed += 1
        session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _missing(self) -> list[str]:
        return sorted(str(each) for each in written() if not self._has(each))

    def _watch(self) -> None:
        asked = postgres.PostgresConnection  # whatever is asked goes through it
        query, executemany = asked.query, asked.executemany

        async def noting_query(
            connection: postgres.PostgresConnection, sql: str, values: Mapping[str, object]
        ) -> object:
            self._note(sys._getframe())  # noqa: SLF001
            return await query(connection, sql, values)

        async def noting_executemany(
            connection: postgres.PostgresConnection, sql: str, rows: Sequence[Mapping[str, object]]
        ) -> None:
            self._note(sys._getframe())  # noqa: SLF001
            await executemany(connection, sql, rows)

        self._patch.setattr(asked, "query", noting_query)
        self._patch.setattr(asked, "executemany", noting_executemany)

    def _note(self, frame: FrameType | None) -> None:
        while frame is not None:
            file = frame.f_code.co_filename
            if file.startswith(_IN_SOURCE):
                self._lines.add((file, frame.f_lineno))
                if not file.startswith(_IN_DRIVERS):
                    return
            frame = frame.f_back

    def _has(self, statement: Statement) -> bool:
        lines = range(statement.first, statement.last + 1)
        return any((str(statement.file), line) in self._lines for line in lines)


def _statements_of(file: Path) -> Iterator[Statement]:
    text = file.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        if node.func.attr not in _METHODS:
            continue
        asked = ast.unparse(node.func.value)
        if not (_ASKED.fullmatch(asked) or (asked == "self" and _is_text(node.args[0]))):
            continue
        assert node.end_lineno is not None
        yield Statement(file, node.lineno, node.end_lineno)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp)

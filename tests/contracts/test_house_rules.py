"""The house rules of `tools/lint_house.py` find what they are there for."""

import ast
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def rules() -> ModuleType:
    spec = spec_from_file_location("lint_house", ROOT / "tools" / "lint_house.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("path", "is_noun"),
    [
        ("accounts/access.py", True),
        ("vault/keyring.py", True),
        ("http/routing.py", True),
        ("routes/templates_embedded.py", True),
        ("connectors/loading/__init__.py", True),
        ("accounts/opening.py", False),
        ("http/request_recording.py", False),
        ("connectors/described.py", False),
        ("connect/keeping/__init__.py", False),
    ],
)
def test_a_module_is_called_by_a_noun(rules: ModuleType, path: str, *, is_noun: bool) -> None:
    found = list(rules.nouns(ast.parse("x = 1"), rules.ROOT / path))

    assert (found == []) is is_noun


@pytest.mark.parametrize(
    "docstring",
    [
        "Rate limiter with one bucket per key.",
        "Rate limiter with\none bucket per key.",
        "Rate limiter.\n\nWhere it is full, the caller waits. Then it goes on.",
        "`/accounts`: linked accounts.",
        "Whole pages of a list.",
    ],
)
def test_a_module_says_in_a_sentence_what_it_is(rules: ModuleType, docstring: str) -> None:
    module = ast.parse(f'"""{docstring}"""\nx = 1')

    assert list(rules.module_docstring(module, rules.ROOT / "x.py")) == []


@pytest.mark.parametrize(
    "source",
    [
        "x = 1",
        '"""Rate limiter"""',
        '"""rate limiter."""',
        '"""Rate limiter. It has buckets."""',
        '"""Rate limiter.\nIt has buckets."""',
        *(f'"""{word} it is."""' for word in ("What", "Where", "Which", "How", "Whether")),
        *(f'"""{word} it is."""' for word in ("Who", "When", "Whose")),
    ],
)
def test_a_module_that_does_not_say_so_is_found(rules: ModuleType, source: str) -> None:
    assert list(rules.module_docstring(ast.parse(source), rules.ROOT / "x.py")) != []


def test_an_empty_module_needs_no_docstring(rules: ModuleType) -> None:
    assert list(rules.module_docstring(ast.parse(""), rules.ROOT / "__init__.py")) == []


@pytest.mark.parametrize(
    ("sql", "is_found"),
    [
        ("select * from accounts", True),
        ("select\n  account.*, name from accounts account", True),
        ("select id, account.* from accounts account", True),
        ("update accounts set x = 1 returning *", True),
        ("select count(*) as total from accounts", False),
        ("select id, a * b from accounts", False),
    ],
)
def test_a_statement_that_asks_for_every_column_is_found(
    rules: ModuleType, sql: str, *, is_found: bool
) -> None:
    module = ast.parse(f"x = {sql!r}")

    assert bool(list(rules.named_columns(module, rules.ROOT / "x/repo.py"))) is is_found


@pytest.mark.parametrize(("lines", "is_found"), [(400, False), (401, True)])
def test_a_file_of_tests_ends_at_four_hundred_lines_too(
    rules: ModuleType, tmp_path: Path, lines: int, *, is_found: bool
) -> None:
    for name in ("src", "tests"):
        (tmp_path / name).mkdir()
    (tmp_path / "tests" / "test_it.py").write_text("x = 1\n" * lines, encoding="utf-8")

    assert rules.main(tmp_path / "src", tmp_path / "tests") == int(is_found)

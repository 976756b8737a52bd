"""Rules of this house that no general linter knows.

Each rule is a function from a parsed module to findings. A line may be excused with
`# house: <rule>`, followed by the reason.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1] / "src" / "jackfield"
TESTS = Path(__file__).parents[1] / "tests"
MAX_LINES = 400
Finding = tuple[int, str]
Rule = Callable[[ast.Module, Path], Iterator[Finding]]

_STATEMENT = re.compile(r"^\s*(?:select|insert|update|delete|with)\b", re.IGNORECASE)
_EVERY_COLUMN = re.compile(r"\b(?:select|returning)\s+(?:\w+\.)?\*|,\s*\w+\.\*\s")
_PROVIDER_CALLS = frozenset({"fetch", "verify", "verify_account", "probe"})
_QUESTION = re.compile(r"(?:What|Where|Which|How|Whether|Whose|Who|When)\b")
_SENTENCE = re.compile(r"[A-Z`(][^\n]*(?:\n[^\n]+)*\.", re.ASCII)
# Nouns, although they end like a verb.
_NOUNS = {
    "decoding": "a stage of reading a request",
    "embedded": "a channel of Iterable's",
    "keyring": "the ring of the vault's keys",
    "linking": "the domain's word for making an account",
    "loading": "a stage in the life of a connector",
    "paging": "the trade's word for lists in pages",
    "reading": "the outcome of reading a connector",
    "pending": "short for pending links",
    "pruning": "the trade's word for deleting old rows",
    "rendering": "the trade's word for filling in templates",
    "routing": "the trade's word for finding a handler",
    "seed": "what a sandbox begins with",
    "signing": "the trade's word for making signatures",
    "spelling": "a noun",
    "streaming": "the trade's word for answers in pieces",
    "testing": "the trade's word",
    "tracking": "the provider's word for recording events",
    "undefined": "the value of JavaScript",
    "unsupported": "short for unsupported endpoints",
}
_TX_METHODS = frozenset({"one", "all", "run", "executemany"})


def tenant_scope(module: ast.Module, _path: Path) -> Iterator[Finding]:
    """A statement given to a transaction names `:project_id`."""
    for node in ast.walk(module):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        if node.func.attr not in _TX_METHODS:
            continue
        sql = _text(node.args[0])
        if _STATEMENT.match(sql) and ":project_id" not in sql:
            yield node.lineno, "this statement can see every project; add `:project_id`"


def unscoped(module: ast.Module, path: Path) -> Iterator[Finding]:
    """Only repositories, the database itself and the composition root ask across projects."""
    relative = path.relative_to(ROOT)
    if path.name in {"repo.py", "app.py"} or relative.parts[0] in {"db", "worker"}:
        return
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and node.attr == "unscoped":
            yield node.lineno, "only a repository may ask across projects"


def sql_in_repositories(module: ast.Module, path: Path) -> Iterator[Finding]:
    """SQL stands in `repo.py` files and in the database's own package."""
    relative = path.relative_to(ROOT)
    if path.name in {"repo.py", "app.py"} or relative.parts[0] == "db":
        return
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            lowered = node.value.lstrip()
            if re.match(r"(?:select|insert into|update|delete from)\s\S+.*(?:from|values|set|where)\s",
                        lowered, re.DOTALL):  # fmt: skip
                yield node.lineno, "SQL belongs into a repo.py"


def named_columns(module: ast.Module, _path: Path) -> Iterator[Finding]:
    """A statement names its columns: a later version may add some while this one runs."""
    for node in ast.walk(module):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        if _EVERY_COLUMN.search(node.value):
            yield node.lineno, "name the columns instead of `*`; see `db.columns`"


def no_io_in_tx(module: ast.Module, _path: Path) -> Iterator[Finding]:
    """No provider is asked while a transaction is open."""
    for node in ast.walk(module):
        if not isinstance(node, ast.AsyncWith):
            continue
        opens = [ast.unparse(item.context_expr) for item in node.items]
        if not any(re.search(r"\bdb\.(?:read|write)\(", each) for each in opens):
            continue
        for inner in ast.walk(node):
            if isinstance(inner, ast.Call) and _called(inner) in _PROVIDER_CALLS:
                yield inner.lineno, "a provider is asked while a transaction is open"


def bindings(module: ast.Module, path: Path) -> Iterator[Finding]:
    """Only the store of secrets, and the vault itself, say what a ciphertext is bound to."""
    if path.relative_to(ROOT).parts[0] in {"secrets", "vault"}:
        return
    for node in ast.walk(module):
        match node:
            case ast.alias(name="Binding") | ast.Attribute(attr="Binding") | ast.Name(id="Binding"):
                yield (
                    node.lineno,
                    "only `secrets` and `vault` name a `Binding`; see `secrets.store`",
                )
            case _:
                pass


def thin_init(module: ast.Module, path: Path) -> Iterator[Finding]:
    """An `__init__.py` does not gather the package's names: that is how import rings start."""
    if path.name != "__init__.py" or path.parent.name in {"cli", "client", "steps"}:
        return
    for node in module.body:
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            yield node.lineno, "keep `__init__.py` empty but for its docstring"


def size(module: ast.Module, _path: Path) -> Iterator[Finding]:
    """A module fits in one head."""
    last = max((node.end_lineno or 0 for node in module.body), default=0)
    if last > MAX_LINES:
        yield last, f"{last} lines; split it by idea at {MAX_LINES}"


def nouns(module: ast.Module, path: Path) -> Iterator[Finding]:
    """A module or package is called by a noun: a thing, not something that is done."""
    name = path.parent.name if path.name == "__init__.py" else path.stem
    if re.search(r"(?:ing|ed)$", name) and name.rpartition("_")[2] not in _NOUNS:
        line = module.body[0].lineno if module.body else 1
        yield line, f"{name!r} is no noun; name the thing, or add the word to `_NOUNS`"


def module_docstring(module: ast.Module, _path: Path) -> Iterator[Finding]:
    """A module says in one plain sentence what it is; more follows after an empty line."""
    if not module.body:
        return
    first = (ast.get_docstring(module) or "").partition("\n\n")[0]
    if not first:
        yield 1, "say in a docstring what this module is"
    elif _QUESTION.match(first):
        yield 1, f"say what this module is; do not begin with {first.split()[0]!r}"
    elif not _SENTENCE.fullmatch(first) or ". " in first.replace("\n", " "):
        yield 1, "begin the docstring with one sentence, and an empty line before more"


RULES: tuple[Rule, ...] = (
    tenant_scope,
    unscoped,
    sql_in_repositories,
    named_columns,
    no_io_in_tx,
    bindings,
    thin_init,
    size,
    nouns,
    module_docstring,
)
RULES_OF_TESTS: tuple[Rule, ...] = (size,)


def main(root: Path = ROOT, tests: Path = TESTS) -> int:
    found = 0
    for folder, rules in ((root, RULES), (tests, RULES_OF_TESTS)):
        for path in sorted(folder.rglob("*.py")):
            for line, rule, message in findings(path, rules):
                print(f"{path.relative_to(tests.parent)}:{line}: [{rule}] {message}")
                found += 1
    return 1 if found else 0


def findings(path: Path, rules: Iterable[Rule]) -> Iterator[tuple[int, str, str]]:
    """Yield what `rules` find in a file, but for lines that are excused."""
    text = path.read_text(encoding="utf-8")
    excused = {
        number: set(re.findall(r"# house: (\w+)", line))
        for number, line in enumerate(text.splitlines(), 1)
    }
    module = ast.parse(text)
    for rule in rules:
        for line, message in rule(module, path):
            if rule.__name__ not in excused.get(line, set()):
                yield line, rule.__name__, message


def _called(call: ast.Call) -> str:
    """Return the name of what is called, without the module or object it belongs to."""
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def _text(node: ast.expr) -> str:
    """Return the literal parts of a statement, also where it is put together from literals."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) for part in node.values)
    if isinstance(node, ast.BinOp):
        return _text(node.left) + _text(node.right)
    return ""


if __name__ == "__main__":
    sys.exit(main())

"""Rules of this house that no general linter knows.

Each rule is a function from a parsed module to findings. A line may be excused with
`# house: <rule>`, followed by the reason.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1] / "src" / "jackfield"
MAX_LINES = 400
Finding = tuple[int, str]

_STATEMENT = re.compile(r"^\s*(?:select|insert|update|delete|with)\b", re.IGNORECASE)
_ASKING = frozenset({"fetch", "verify", "verify_account", "probe"})
_TX_METHODS = frozenset({"one", "all", "run", "many"})


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


def no_io_in_tx(module: ast.Module, _path: Path) -> Iterator[Finding]:
    """No provider is asked while a transaction is open."""
    for node in ast.walk(module):
        if not isinstance(node, ast.AsyncWith):
            continue
        opens = [ast.unparse(item.context_expr) for item in node.items]
        if not any(re.search(r"\bdb\.(?:read|write)\(", each) for each in opens):
            continue
        for inner in ast.walk(node):
            if isinstance(inner, ast.Call) and _called(inner) in _ASKING:
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


RULES: tuple[Callable[[ast.Module, Path], Iterator[Finding]], ...] = (
    tenant_scope,
    unscoped,
    sql_in_repositories,
    no_io_in_tx,
    bindings,
    thin_init,
    size,
)


def main(root: Path = ROOT) -> int:
    found = 0
    for path in sorted(root.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        excused = {
            number: set(re.findall(r"# house: (\w+)", line))
            for number, line in enumerate(text.splitlines(), 1)
        }
        module = ast.parse(text)
        for rule in RULES:
            for line, message in rule(module, path):
                if rule.__name__ not in excused.get(line, set()):
                    print(
                        f"{path.relative_to(root.parents[1])}:{line}: [{rule.__name__}] {message}"
                    )
                    found += 1
    return 1 if found else 0


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

"""Write the reference pages that are generated from the code: `python tools/reference.py`."""

import importlib
import pkgutil
from pathlib import Path

import jackfield
from jackfield.connectors.catalog import own_folder
from jackfield.connectors.docs.reference import describe
from jackfield.connectors.docs.reference_markdown import render_reference
from jackfield.connectors.loading.loader import load
from jackfield.kit.errors import CATALOGUE, HubError, summary
from jackfield.kit.json import encode
from jackfield.sandbox.oauth.behavior_table import BEHAVIORS, Behavior

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
ITERABLE = FOLDER.parent / "connectors" / "iterable.md"


def catalogue() -> dict[str, type[HubError]]:
    """Return every error there is, by code."""
    for module in pkgutil.walk_packages(jackfield.__path__, "jackfield."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return dict(sorted(CATALOGUE.items()))


def errors_page() -> str:
    rows = "\n".join(
        f"| `{code}` | {error.status} | {'yes' if error.retryable else ''} | {summary(error)} |"
        for code, error in catalogue().items()
    )
    return f"""# Errors

Every answer of status 400 and above has the same shape: `statusCode`, `message`, `timestamp`, `code`,
`request_id` (also the header `x-request-id`), `faults` where several things are wrong (`path` and
`message` each), and `provider_errors` where a provider spoke. Branch on `code`: codes are added, never
changed.

What has a bound, and what comes beyond it, is on a page of its own: [limits](../api/limits.md).

The commands print the same `code` in brackets, and end with 1 (refused) or 3 (the provider failed).

| `code` | status | may work later | |
| --- | --- | --- | --- |
{rows}
"""


def behaviors_page() -> str:
    rows = "\n".join(
        f"| `{each.name}` | {each.says} | {_settings(each)} |" for each in BEHAVIORS.values()
    )
    return f"""# Behaviors of the OAuth sandbox

Each client of [the OAuth sandbox](../sandbox-oauth.md) has a set of these. Without any, the server
does what the standards say. A setting that is left out has the value shown.

| behavior | the server | settings |
| --- | --- | --- |
{rows}
"""


def _settings(behavior: Behavior) -> str:
    return "<br>".join(
        f"`{name}`: `{encode(default).decode()}`" for name, default in behavior.settings.items()
    )


def iterable_page() -> str:
    return render_reference(
        describe(load(own_folder() / "iterable" / "iterable.connector.s1.yaml"))
    )


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "errors.md").write_text(errors_page(), encoding="utf-8")
    (FOLDER / "oauth-behaviors.md").write_text(behaviors_page(), encoding="utf-8")
    ITERABLE.write_text(iterable_page(), encoding="utf-8")


if __name__ == "__main__":
    main()

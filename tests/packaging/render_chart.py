"""Renders the chart with Helm's library and validates it: for `script/test-chart`, not for pytest."""

import copy
import sys
from pathlib import Path

import helm_python
import kubernetes_validate
import yaml

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.packaging.chart import CASES, CHART, MARK, REFUSED, RENDERED, digest

# The oldest that the chart is for, and the newest that the schemas know.
VERSIONS = ("1.27", "1.37")


def main() -> None:
    RENDERED.mkdir(exist_ok=True)
    found = helm_python.lint(str(CHART), values=CASES["full"])
    assert not found["errors"], found
    with helm_python.Chart.load(str(CHART)) as chart:
        for name, values in CASES.items():
            files = chart.render(values=values, name="demo")
            assert "jackfield keys create" in files.pop("jackfield/templates/NOTES.txt")
            text = "\n---\n".join(files[each].strip() for each in sorted(files))
            for manifest in yaml.safe_load_all(text):
                for version in VERSIONS if manifest else ():
                    kubernetes_validate.validate(copy.deepcopy(manifest), version, strict=True)
            content = f"{MARK}{digest()}\n{text}\n"
            (RENDERED / f"{name}.yaml").write_text(content, encoding="utf-8")
        for name, values in REFUSED.items():
            try:
                chart.render(values=values, name="demo")
            except helm_python.HelmValuesError:
                continue
            raise AssertionError(name)
    print(  # noqa: T201 - a program
        f"rendered and valid for Kubernetes {' and '.join(VERSIONS)}: {', '.join(CASES)}"
    )


if __name__ == "__main__":
    main()

"""Puts the pages of the documentation into the wheel, with the files that they show or lead to."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

MODULE = "src/jackfield/ui/docs/manual.py"
INSIDE = "jackfield/_manual"


class ManualHook(BuildHookInterface[Any]):
    """Called by hatchling; an editable installation reads the pages where they are."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "editable":
            names = shipped(Path(self.root))
            build_data["force_include"].update({name: f"{INSIDE}/{name}" for name in names})


def shipped(folder: Path) -> list[str]:
    """Return the names of all files of the documentation, by its own rules."""
    # The package is not installed where it is built, and this module of it needs nothing else.
    spec = importlib.util.spec_from_file_location("jackfield_manual", folder / MODULE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    manual = module.Manual(folder)
    return sorted({*(page.file for page in manual.pages), *manual.files})

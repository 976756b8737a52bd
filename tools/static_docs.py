"""Write the documentation as a folder of files: `python tools/static_docs.py [FOLDER]`."""

import sys
from pathlib import Path

from jackfield.agents.a2a import app as a2a
from jackfield.agents.a2a import openapi as a2a_openapi
from jackfield.agents.mcp import app as mcp
from jackfield.agents.mcp import openapi as mcp_openapi
from jackfield.connectors.catalog import Catalog
from jackfield.connectors.loading.discovery import own_folder
from jackfield.http.openapi import document
from jackfield.http.routes import ROUTES
from jackfield.kit.json import Json
from jackfield.ui.docs import static_build

URL = "https://hub.example.com"
DEFAULT = Path(__file__).parents[1] / "dist" / "docs"


def api_document() -> dict[str, Json]:
    """Return the OpenAPI document of a hub at an address of the examples."""
    protocols = {
        mcp.PATH: mcp_openapi.OPERATIONS,
        a2a.PATH: a2a_openapi.AGENT,
        a2a.CARD: a2a_openapi.CARD,
        a2a.EXTENDED_CARD: a2a_openapi.EXTENDED_CARD,
    }
    return document(ROUTES, protocols, url=URL)


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT
    if folder.exists() and not (folder / "search-index.js").exists() and any(folder.iterdir()):
        sys.exit(f"{folder} holds something else: name a folder that is empty, or none")
    catalog = Catalog([own_folder()])
    catalog.load()
    offered = tuple(each for each in catalog.connectors() if each.is_offered)
    number = static_build.write(folder, api_document(), offered)
    print(f"{number} pages in {folder.resolve()}; begin with {folder.resolve() / 'index.html'}")


if __name__ == "__main__":
    main()

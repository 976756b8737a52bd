"""What each framework is asked to do, and how it prints what came of it."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable

URL, ACCOUNT = sys.argv[1:3]
HEADERS = {"authorization": f"Bearer {os.environ['JACKFIELD_API_KEY']}", "x-account-id": ACCOUNT}
QUERIES = {
    "nested": "",
    "two": "?tool-mode=search_execute",
    "prefixed": "?param-style=flat_prefixed",
    "flat": "?param-style=flat_smart",
}
READ = ("iterable_get_user_by_email", {"query": {"email": "avery.abbott@example.com"}})
WRITE = ("iterable_create_list", {"body": {"name": "Made by a framework"}})
REFUSED = ("iterable_get_list_size", {"path": {"listId": 999_999}})
CALLS = {"read": READ, "write": WRITE, "refused": REFUSED}


def address(style: str) -> str:
    return f"{URL}/mcp{QUERIES[style]}"


def show(main: Callable[[], Awaitable[dict]]) -> None:
    """Run a framework's part, and print counts by style and what each call said, as JSON."""
    print(json.dumps(asyncio.run(main()), default=str))

"""What a request pays for its rate limits: finding its pools, and passing them.

`python -m bench.limits`

Iterable's connector, no network, nobody waits. Beside the way that is used stand others that find
the same pools. Each figure is the best of several rounds, in microseconds a request.
"""

import asyncio
import re
import time
from collections.abc import Callable

import re2

from jackfield.connectors.loading.discovery import own_folder
from jackfield.connectors.loading.loader import load
from jackfield.engine.expressions.patterns import Pattern, PatternSet
from jackfield.engine.limits import Limiter, Limits

ROUNDS = 7
TIMES = 200
BUDGET = 20
PASSED = "in and out of the limiter"
REQUESTS = [
    ("GET", "https://api.iterable.com/api/channels"),
    ("GET", "https://api.iterable.com/api/campaigns?page=1&pageSize=10"),
    ("DELETE", "https://api.iterable.com/api/users/ada.lovelace%40example.com"),
    ("PUT", "https://api.iterable.com/api/catalogs/books/items/978-0-14-044913-6"),
    ("POST", "https://api.iterable.com/api/email/target"),
]


def main() -> None:
    for name, took in measure().items():
        budget = f"   (budget {BUDGET})" if name == PASSED else ""
        print(f"{name:32}{took:10.2f}{budget}")


def measure() -> dict[str, float]:
    """Return the microseconds a request of each way, and of passing the limiter."""
    limits = load(own_folder() / "iterable" / "iterable.connector.s1.yaml").compiled.limits
    found = {name: best(search) for name, search in ways([p.url for p in limits.pools]).items()}
    found["pools_of, method and address"] = best(limits.pools_of)
    found[PASSED] = asyncio.run(passed(limits))
    return found


def ways(sources: list[str]) -> dict[str, Callable[[str, str], object]]:
    backtracking = [re.compile(source) for source in sources]
    linear = [re2.compile(source) for source in sources]
    ours = [Pattern(source) for source in sources]
    together = PatternSet(sources)
    return {
        "re, one by one": lambda _, url: [p for p in backtracking if p.search(url)],
        "google-re2, one by one": lambda _, url: [p for p in linear if p.search(url)],
        "Pattern, one by one": lambda _, url: [p for p in ours if p.search(url, unmetered)],
        "PatternSet": lambda _, url: together.search(url),
    }


def best(search: Callable[[str, str], object]) -> float:
    fastest = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(TIMES):
            for method, url in REQUESTS:
                search(method, url)
        fastest = min(fastest, time.perf_counter() - start)
    return fastest / TIMES / len(REQUESTS) * 1e6


async def passed(limits: Limits) -> float:
    """Return what a request costs that passes all its pools at once."""
    fastest = float("inf")
    for _ in range(ROUNDS):
        # Time is so far on each time that every pool is full again.
        clock = iter(range(0, 10**9, 1000))
        account = Limiter(now=clock.__next__).for_account("acc", limits)
        start = time.perf_counter()
        for _ in range(TIMES):
            for method, url in REQUESTS:
                async with account.enter(method, url):
                    pass
        fastest = min(fastest, time.perf_counter() - start)
    return fastest / TIMES / len(REQUESTS) * 1e6


def unmetered(_cost: int) -> None:
    return


if __name__ == "__main__":
    main()

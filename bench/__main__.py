"""All benches in one run, with one report.

`python -m bench [--seconds 5] [--only NAME …] [--quick] [--large] [--report bench/report.md]
[--compare NAME …]`; needs nginx, wrk and PostgreSQL. A full run takes under six minutes, a quick one under a minute and a half.
"""

import argparse
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import comparisons, served_requests
from bench.parts import PARTS
from bench.report import Section, machine, write
from bench.scale import Scale
from bench.upstream import nginx
from jackfield.kit import log

_NAMES = (*served_requests.NAMES, *PARTS, *comparisons.NAMES)


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    options.add_argument(
        "--seconds", type=int, default=5, help="how long a load of action calls lasts"
    )
    options.add_argument(
        "--only", nargs="+", choices=_NAMES, metavar="NAME", help=", ".join(_NAMES)
    )
    options.add_argument(
        "--compare",
        nargs="+",
        choices=comparisons.NAMES,
        metavar="NAME",
        help=f"only these comparisons: {', '.join(comparisons.NAMES)}",
    )
    options.add_argument(
        "--quick", action="store_true", help="small, without comparisons: does it work?"
    )
    options.add_argument("--large", action="store_true", help="lists of a million rows, too")
    options.add_argument("--report", type=Path, default=Path("bench/report.md"))
    chosen = options.parse_args()
    scale = Scale(1 if chosen.quick else chosen.seconds, chosen.quick, chosen.large)
    usual = (*served_requests.NAMES, *PARTS, *(() if chosen.quick else comparisons.USUAL))
    log.configure(level="error")
    started, of = time.perf_counter(), machine()
    found = measure(chosen.compare or chosen.only or usual, scale)
    write(found, chosen.report, of=of, seconds=time.perf_counter() - started)
    print(f"{chosen.report} is written")


def measure(names: Collection[str], scale: Scale) -> list[Section]:
    found: list[Section] = []
    requests = [name for name in served_requests.NAMES if name in names]
    others = [name for name in comparisons.NAMES if name in names]
    # What is compared is compared with these.
    needed = comparisons.needed(others)
    if requests or needed:
        with tempfile.TemporaryDirectory() as folder, nginx(Path(folder)) as upstream:
            with _told("requests to a served hub"):
                measured = served_requests.measure({*requests, *needed}, scale, upstream)
            found += served_requests.sections(measured)
            if others:
                with _told("comparisons"):
                    found.append(comparisons.section(others, measured, scale, upstream))
    for name, part in PARTS.items():
        if name in names:
            with _told(name):
                found.append(part(scale))
    return found


@contextmanager
def _told(name: str) -> Iterator[None]:
    started = time.perf_counter()
    print(name, end="", flush=True)
    yield
    print(f": {time.perf_counter() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()

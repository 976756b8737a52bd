"""Lines of CSV."""

import csv
import io
from collections.abc import Iterable


def csv_line(values: Iterable[str], delimiter: str = ",") -> str:
    line = io.StringIO()
    csv.writer(line, delimiter=delimiter, lineterminator="\n").writerow(values)
    return line.getvalue()

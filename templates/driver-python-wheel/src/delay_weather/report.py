"""The same rows as JSON and as CSV."""

import csv
import io
import json
from dataclasses import asdict, fields

from delay_weather.delays import Delay


def to_json(rows: list[Delay]) -> str:
    """Means are JSON numbers with at most two decimals."""
    return json.dumps([{**asdict(row), "mean_departure_delay": float(row.mean_departure_delay)} for row in rows], indent=2) + "\n"


def to_csv(rows: list[Delay]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Delay)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    return text.getvalue()

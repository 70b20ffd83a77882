"""Weather in words. A bucket holds values from its lower bound up to, but not including, the next one's."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    name: str
    column: str
    """Column of weather.csv."""
    buckets: tuple[tuple[float, str], ...]
    """Lower bound and label, rising; the first bound is the lowest value there can be."""


UNKNOWN = "unknown"

MEASURES = (
    Measure("visibility", "visib", ((0, "under 2 miles"), (2, "2 to 5 miles"), (5, "5 to 10 miles"), (10, "10 miles"))),
    Measure("wind", "wind_speed", ((0, "under 5 mph"), (5, "5 to 15 mph"), (15, "15 to 25 mph"), (25, "25 mph and more"))),
    Measure("precipitation", "precip", ((0, "none"), (0.000001, "under 0.1 inches"), (0.1, "0.1 inches and more"))),
)


def label_of(measure: Measure, value: float | None) -> str:
    """The label of a value; the same rule that `delays` gives to Spark."""
    if value is None:
        return UNKNOWN
    return [label for bound, label in measure.buckets if value >= bound][-1]


def position_of(measure: Measure, label: str) -> int:
    """Where a label stands in a table: by rising value, the unknown last."""
    labels = [known for _, known in measure.buckets]
    return labels.index(label) if label in labels else len(labels)

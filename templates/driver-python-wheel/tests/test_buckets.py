import pytest

from delay_weather.buckets import MEASURES, label_of, position_of

VISIBILITY, WIND, PRECIPITATION = MEASURES


@pytest.mark.parametrize(
    ("measure", "value", "label"),
    [
        (VISIBILITY, 0.0, "under 2 miles"),
        (VISIBILITY, 2.0, "2 to 5 miles"),
        (VISIBILITY, 9.99, "5 to 10 miles"),
        (VISIBILITY, 10.0, "10 miles"),
        (WIND, 24.99, "15 to 25 mph"),
        (WIND, 1048.0, "25 mph and more"),
        (PRECIPITATION, 0.0, "none"),
        (PRECIPITATION, 0.01, "under 0.1 inches"),
        (PRECIPITATION, 0.1, "0.1 inches and more"),
        (PRECIPITATION, None, "unknown"),
    ],
)
def test_a_bound_belongs_to_the_bucket_above_it(measure, value, label):
    assert label_of(measure, value) == label


def test_the_unknown_stands_last():
    assert position_of(WIND, "unknown") > max(position_of(WIND, label) for _, label in WIND.buckets)

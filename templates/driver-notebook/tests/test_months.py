import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from months import table  # noqa: E402


def test_every_carrier_has_twelve_months():
    assert table([("UA", 1, 4), ("UA", 12, 1), ("B6", 2, 9)], ["UA"]) == "carrier,1,2,3,4,5,6,7,8,9,10,11,12\nUA,4,0,0,0,0,0,0,0,0,0,0,1\n"


def test_a_carrier_without_flights_has_zeros():
    assert table([], ["9E"]).splitlines()[1] == "9E" + ",0" * 12

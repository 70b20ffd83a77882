import json
import sys
from decimal import Decimal

import pytest

pytest.importorskip("pyspark", reason="the cluster brings Spark; install the dev extra to run these")

from pyspark.sql import SparkSession  # noqa: E402

from delay_weather.buckets import MEASURES, label_of  # noqa: E402
from delay_weather.delays import Delay, bucket_column, delays_by_weather, mean  # noqa: E402
from delay_weather.main import main  # noqa: E402
from delay_weather.report import to_csv, to_json  # noqa: E402

FLIGHTS = """month,dep_delay,origin,time_hour
1,10,JFK,2013-01-01T10:00:00Z
1,21,JFK,2013-01-01T10:00:00Z
1,NA,JFK,2013-01-01T10:00:00Z
1,-5,JFK,2013-01-01T11:00:00Z
1,99,LGA,2013-01-01T10:00:00Z
2,99,JFK,2013-01-01T10:00:00Z
"""
WEATHER = """origin,wind_speed,precip,visib,time_hour
JFK,12.5,0,1.5,2013-01-01T10:00:00Z
LGA,12.5,0,1.5,2013-01-01T10:00:00Z
JFK,NA,0.2,10,2013-01-01T11:00:00Z
"""


@pytest.fixture(scope="module")
def spark():
    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    (folder / "flights.csv").write_text(FLIGHTS)
    (folder / "weather.csv").write_text(WEATHER)
    return str(folder)


def test_flights_that_left_are_averaged_by_the_weather_of_their_hour(spark, data):
    assert delays_by_weather(spark, data, ["JFK"], [1]) == [
        Delay("visibility", "under 2 miles", 2, Decimal("15.50")),
        Delay("visibility", "10 miles", 1, Decimal("-5.00")),
        Delay("wind", "5 to 15 mph", 2, Decimal("15.50")),
        Delay("wind", "unknown", 1, Decimal("-5.00")),
        Delay("precipitation", "none", 2, Decimal("15.50")),
        Delay("precipitation", "0.1 inches and more", 1, Decimal("-5.00")),
    ]


def test_spark_and_python_agree_on_every_bucket(spark):
    for measure in MEASURES:
        values = [None, 0.0, 0.05, *(float(bound) for bound, _ in measure.buckets), 1000.0]
        frame = spark.createDataFrame([(value,) for value in values], f"{measure.column} double")
        labels = [row.label for row in frame.select(bucket_column(measure).alias("label")).collect()]
        assert labels == [label_of(measure, value) for value in values]


def test_a_half_is_rounded_away_from_zero():
    assert mean(1, 8) == Decimal("0.13")
    assert mean(-1, 8) == Decimal("-0.13")


def test_csv_and_json_hold_the_same_rows():
    rows = [Delay("wind", "5 to 15 mph", 2, Decimal("15.50"))]
    assert to_csv(rows) == "measure,bucket,flights,mean_departure_delay\nwind,5 to 15 mph,2,15.50\n"
    assert json.loads(to_json(rows)) == [{"measure": "wind", "bucket": "5 to 15 mph", "flights": 2, "mean_departure_delay": 15.5}]


def test_the_program_reads_the_request_document_and_leaves_two_result_files(spark, data, tmp_path, monkeypatch):
    request = tmp_path / "request.json"
    request.write_text(json.dumps({"data": data, "origins": ["LGA"], "months": [1]}))
    monkeypatch.setattr(sys, "argv", ["delay-weather", "--request", str(request), "--result", str(tmp_path / "result")])
    main()
    assert (tmp_path / "result/weather.csv").read_text().splitlines()[1] == "visibility,under 2 miles,1,99.00"
    assert len(json.loads((tmp_path / "result/weather.json").read_text())) == 3

"""Joins flights with the weather of their origin and hour, and averages departure delays by bucket."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql.functions import col, count, lit, when
from pyspark.sql.functions import sum as sum_of

from delay_weather.buckets import MEASURES, UNKNOWN, Measure, position_of


@dataclass(frozen=True)
class Delay:
    """`flights` are those that left; the mean is in minutes, two decimals, half up."""

    measure: str
    bucket: str
    flights: int
    mean_departure_delay: Decimal


def delays_by_weather(spark: SparkSession, data: str, origins: list[str], months: list[int]) -> list[Delay]:
    """Rows by measure in the order of MEASURES, then by rising value. A flight counts once per measure."""
    flights = (
        read_csv(spark, f"{data}/flights.csv")
        .where(col("origin").isin(origins) & col("month").isin([str(month) for month in months]))
        .where(col("dep_delay").isNotNull())
        .select("origin", "time_hour", col("dep_delay").cast("long").alias("delay"))
    )
    weather = read_csv(spark, f"{data}/weather.csv").select("origin", "time_hour", *(m.column for m in MEASURES))
    joined = flights.join(weather, ["origin", "time_hour"], "left").cache()
    return [row for measure in MEASURES for row in by_measure(joined, measure)]


def by_measure(joined: DataFrame, measure: Measure) -> list[Delay]:
    grouped = joined.groupBy(bucket_column(measure).alias("bucket")).agg(count(lit(1)).alias("flights"), sum_of("delay").alias("minutes"))
    rows = [Delay(measure.name, row.bucket, row.flights, mean(row.minutes, row.flights)) for row in grouped.collect()]
    return sorted(rows, key=lambda row: position_of(measure, row.bucket))


def bucket_column(measure: Measure) -> Column:
    value = col(measure.column).cast("double")
    label = when(value.isNull(), UNKNOWN)
    for bound, name in reversed(measure.buckets):
        label = label.when(value >= bound, name)
    return label


def mean(minutes: int, flights: int) -> Decimal:
    """Exact sums divided once: no rounding of a rounded value."""
    return (Decimal(minutes) / Decimal(flights)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def read_csv(spark: SparkSession, path: str) -> DataFrame:
    return spark.read.option("header", "true").option("nullValue", "NA").csv(path)

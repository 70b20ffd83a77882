package org.example.delays

import java.math.RoundingMode.HALF_UP
import java.math.{BigDecimal => Decimal}
import org.apache.spark.sql.functions.{broadcast, col, count, lit, sum, when}
import org.apache.spark.sql.{DataFrame, Row, SparkSession}

/**
 * One carrier at one origin airport in one month. `flights` counts all that were planned; the means (minutes, two decimals, half up) are over flights
 * that left and landed; the share (four decimals, half up) is that of the landed flights that were more than 15 minutes late.
 */
final case class CarrierDelay(
    origin: String,
    carrier: String,
    airline: String,
    flights: Long,
    meanDepartureDelay: Option[BigDecimal],
    meanArrivalDelay: Option[BigDecimal],
    shareLate: Option[BigDecimal],
)

object CarrierDelays {
  val LateMinutes = 15

  /** Rows in the order of the carrier code. */
  def compute(spark: SparkSession, request: Request): Seq[CarrierDelay] = {
    val airlines = table(spark, s"${request.data}/airlines.csv").select(col("carrier"), col("name").as("airline"))
    chosen(table(spark, s"${request.data}/flights.csv"), request)
      .groupBy("origin", "carrier")
      .agg(
        count(lit(1)).as("flights"),
        count("departure").as("left"),
        sum("departure").as("departureMinutes"),
        count("arrival").as("landed"),
        sum("arrival").as("arrivalMinutes"),
        count(when(col("arrival") > LateMinutes, 1)).as("late"),
      )
      .join(broadcast(airlines), Seq("carrier"), "left")
      .orderBy("carrier")
      .collect()
      .toSeq
      .map(delayOf)
  }

  private def chosen(flights: DataFrame, request: Request): DataFrame = {
    val wanted = col("month") === request.month.toString && col("origin") === request.origin
    val carriers = if (request.carriers.isEmpty) lit(true) else col("carrier").isin(request.carriers.toSeq: _*)
    flights
      .where(wanted && carriers)
      .select(col("origin"), col("carrier"), col("dep_delay").cast("long").as("departure"), col("arr_delay").cast("long").as("arrival"))
  }

  private def table(spark: SparkSession, path: String): DataFrame =
    spark.read.option("header", "true").option("nullValue", "NA").csv(path)

  private def delayOf(row: Row): CarrierDelay = {
    def number(name: String): Long = if (row.isNullAt(row.fieldIndex(name))) 0L else row.getAs[Long](name)
    CarrierDelay(
      origin = row.getAs[String]("origin"),
      carrier = row.getAs[String]("carrier"),
      airline = Option(row.getAs[String]("airline")).getOrElse(""),
      flights = number("flights"),
      meanDepartureDelay = ratio(number("departureMinutes"), number("left"), 2),
      meanArrivalDelay = ratio(number("arrivalMinutes"), number("landed"), 2),
      shareLate = ratio(number("late"), number("landed"), 4),
    )
  }

  /** Exact sums divided once: no rounding of a rounded value, so every language gets the same figure. */
  private[delays] def ratio(sum: Long, count: Long, decimals: Int): Option[BigDecimal] =
    Option.when(count > 0)(BigDecimal(new Decimal(sum).divide(new Decimal(count), decimals, HALF_UP)))
}

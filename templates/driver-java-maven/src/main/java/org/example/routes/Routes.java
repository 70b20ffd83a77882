package org.example.routes;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;

import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Destinations with the most flights from one airport. */
final class Routes {
  static List<Route> busiest(SparkSession spark, Request request) {
    Dataset<Row> flights = csv(spark, request.data() + "/flights.csv").where(col("origin").equalTo(request.origin()));
    Dataset<Row> airports = csv(spark, request.data() + "/airports.csv").select(col("faa"), col("name"));
    return flights
        .groupBy(col("origin"), col("dest"))
        .agg(count(lit(1)).as("flights"), max(col("distance").cast("long")).as("distance"))
        .join(airports, col("dest").equalTo(col("faa")), "left")
        .select(col("origin"), col("dest"), coalesce(col("name"), col("dest")), col("flights"), col("distance"))
        .orderBy(col("flights").desc(), col("dest"))
        .limit(request.most())
        .collectAsList()
        .stream()
        .map(row -> new Route(row.getString(0), row.getString(1), row.getString(2), row.getLong(3), row.getLong(4)))
        .toList();
  }

  private static Dataset<Row> csv(SparkSession spark, String file) {
    return spark.read().option("header", true).csv(file);
  }

  private Routes() {}
}

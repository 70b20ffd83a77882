package org.example.airports;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.countDistinct;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.sum;

import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.sql.SparkSession;

/** Flights, destinations and miles flown, per origin airport. */
record Traffic(String origin, long flights, long destinations, long miles) {
  static List<Traffic> of(SparkSession spark, Request request) {
    return spark
        .read()
        .option("header", true)
        .csv(request.data() + "/flights.csv")
        .where(col("origin").isin(request.origins().toArray()))
        .groupBy(col("origin"))
        .agg(count(lit(1)), countDistinct(col("dest")), sum(col("distance").cast("long")))
        .orderBy(col("origin"))
        .collectAsList()
        .stream()
        .map(row -> new Traffic(row.getString(0), row.getLong(1), row.getLong(2), row.getLong(3)))
        .toList();
  }

  static String csv(List<Traffic> rows) {
    String lines =
        rows.stream()
            .map(row -> row.origin + "," + row.flights + "," + row.destinations + "," + row.miles + "\n")
            .collect(Collectors.joining());
    return "origin,flights,destinations,miles\n" + lines;
  }
}

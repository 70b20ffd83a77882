package org.example.routes;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RoutesTest {
  private static SparkSession spark;
  @TempDir static Path data;

  @BeforeAll
  static void start() throws Exception {
    spark = SparkSession.builder().master("local[1]").config("spark.ui.enabled", false).getOrCreate();
    Files.writeString(
        data.resolve("flights.csv"),
        "origin,dest,distance\nJFK,LAX,2475\nJFK,LAX,2475\nJFK,BOS,187\nEWR,BOS,200\nJFK,XXX,10\n");
    Files.writeString(data.resolve("airports.csv"), "faa,name\nLAX,Los Angeles Intl\nBOS,\"Logan, General\"\n");
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  @Test
  void countsFlightsPerDestinationAndNamesIt() {
    assertEquals(
        List.of(
            new Route("JFK", "LAX", "Los Angeles Intl", 2, 2475),
            new Route("JFK", "BOS", "Logan, General", 1, 187),
            new Route("JFK", "XXX", "XXX", 1, 10)),
        Routes.busiest(spark, new Request("JFK", 10, data.toString())));
  }

  @Test
  void leavesOutWhatIsBeyondTheNumberAskedFor() {
    assertEquals(1, Routes.busiest(spark, new Request("JFK", 1, data.toString())).size());
  }

  @Test
  void quotesNamesWithCommas() {
    assertEquals(
        "origin,dest,name,flights,distance\nJFK,BOS,\"Logan, General\",1,187\n",
        Route.csv(List.of(new Route("JFK", "BOS", "Logan, General", 1, 187))));
  }
}

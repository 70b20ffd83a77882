package org.example.airports;

import static org.junit.Assert.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.junit.AfterClass;
import org.junit.BeforeClass;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

public class TrafficTest {
  private static SparkSession spark;
  @Rule public TemporaryFolder folder = new TemporaryFolder();

  @BeforeClass
  public static void start() {
    spark =
        SparkSession.builder()
            .master("local[1]")
            .config("spark.ui.enabled", false)
            .config("spark.sql.shuffle.partitions", 1)
            .getOrCreate();
  }

  @AfterClass
  public static void stop() {
    spark.stop();
  }

  @Test
  public void countsOnlyTheAirportsAskedFor() throws Exception {
    Path data = folder.getRoot().toPath();
    Files.writeString(
        data.resolve("flights.csv"),
        "origin,dest,distance\nJFK,LAX,2475\nJFK,LAX,2475\nJFK,BOS,187\nEWR,BOS,200\nLGA,ATL,762\n");
    List<Traffic> rows = Traffic.of(spark, new Request(List.of("JFK", "EWR"), data.toString()));
    assertEquals(List.of(new Traffic("EWR", 1, 1, 200), new Traffic("JFK", 3, 2, 5137)), rows);
  }

  @Test
  public void writesATableWithAHeader() {
    assertEquals(
        "origin,flights,destinations,miles\nEWR,1,1,200\n", Traffic.csv(List.of(new Traffic("EWR", 1, 1, 200))));
  }
}

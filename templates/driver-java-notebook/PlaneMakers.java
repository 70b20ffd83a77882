package org.example.planes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Makers with the most planes: one file, no build tool. Spark, and Jackson with it, are what the cluster has. */
public final class PlaneMakers {
  public static void main(String[] args) throws Exception {
    Map<String, String> options = new HashMap<>();
    for (int i = 0; i + 1 < args.length; i += 2) options.put(args[i], args[i + 1]);
    JsonNode request = new ObjectMapper().readTree(Files.readString(Path.of(options.get("--request"))));
    Path folder = Files.createDirectories(Path.of(options.get("--result")));

    SparkSession spark = SparkSession.builder().appName("plane-makers").getOrCreate();
    spark.read().option("header", true).csv(request.get("data").asText() + "/planes.csv").createOrReplaceTempView("planes");
    Dataset<Row> makers =
        spark.sql(
            "SELECT manufacturer, count(*) AS planes FROM planes GROUP BY manufacturer"
                + " ORDER BY planes DESC, manufacturer LIMIT "
                + request.get("most").asInt());
    String rows =
        makers.collectAsList().stream()
            .map(row -> row.getString(0) + "," + row.getLong(1) + "\n")
            .collect(Collectors.joining());
    Files.writeString(folder.resolve("makers.csv"), "manufacturer,planes\n" + rows);
  }

  private PlaneMakers() {}
}

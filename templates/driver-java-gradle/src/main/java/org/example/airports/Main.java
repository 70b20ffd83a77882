package org.example.airports;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.SparkSession;

/** The whole protocol with Slow Lane: read the request document, write result files into the result folder. */
public final class Main {
  public static void main(String[] args) throws Exception {
    Map<String, String> options = new HashMap<>();
    for (int i = 0; i + 1 < args.length; i += 2) options.put(args[i], args[i + 1]);
    Request request = new ObjectMapper().readValue(Files.readString(Path.of(options.get("--request"))), Request.class);
    Path folder = Files.createDirectories(Path.of(options.get("--result")));

    SparkSession spark = SparkSession.builder().appName("airport-traffic").getOrCreate();
    List<Traffic> rows = Traffic.of(spark, request);
    System.out.println(rows.size() + " airports");
    Files.writeString(folder.resolve("traffic.csv"), Traffic.csv(rows));
  }

  private Main() {}
}

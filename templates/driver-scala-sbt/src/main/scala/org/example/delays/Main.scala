package org.example.delays

import java.nio.charset.StandardCharsets.UTF_8
import java.nio.file.{Files, Path}
import org.apache.spark.sql.SparkSession

/** The whole protocol with Slow Lane: read the request document, write result files into the result folder. */
object Main {
  def main(args: Array[String]): Unit = {
    val options = args.grouped(2).collect { case Array(name, value) => name -> value }.toMap
    val request = Request.parse(Files.readString(Path.of(options("--request"))))
    val folder = Files.createDirectories(Path.of(options("--result")))

    val spark = SparkSession.builder().appName("flight-delays").getOrCreate()
    val rows = CarrierDelays.compute(spark, request)
    println(s"${request.origin}, month ${request.month}: ${rows.map(_.flights).sum} flights of ${rows.size} carriers")

    write(folder.resolve("delays.json"), Report.json(rows))
    write(folder.resolve("delays.csv"), Report.csv(rows))
    write(folder.resolve("report.html"), Report.html(request, rows))
  }

  private def write(file: Path, text: String): Unit = { Files.write(file, text.getBytes(UTF_8)); () }
}

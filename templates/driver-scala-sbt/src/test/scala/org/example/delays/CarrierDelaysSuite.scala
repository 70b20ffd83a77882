package org.example.delays

import java.nio.file.{Files, Path}
import org.apache.spark.sql.SparkSession

class CarrierDelaysSuite extends munit.FunSuite {
  private lazy val spark = SparkSession.builder().master("local[1]").config("spark.sql.shuffle.partitions", "1").getOrCreate()
  private lazy val data = sample()

  override def afterAll(): Unit = spark.stop()

  private def request(carriers: Set[String] = Set.empty): Request = Request(3, "JFK", data.toString, carriers, "March 2013")

  test("means are over flights that left and landed, shares over those more than 15 minutes late") {
    val rows = CarrierDelays.compute(spark, request())
    assertEquals(
      rows,
      Seq(
        CarrierDelay("JFK", "AA", "American Airlines Inc.", 3, Some(BigDecimal("7.50")), Some(BigDecimal("2.00")), Some(BigDecimal("0.5000"))),
        CarrierDelay("JFK", "B6", "JetBlue Airways", 1, None, None, None),
        CarrierDelay("JFK", "ZZ", "", 1, Some(BigDecimal("0.00")), Some(BigDecimal("15.00")), Some(BigDecimal("0.0000"))),
      ),
    )
  }

  test("a list of carriers keeps only those") {
    assertEquals(CarrierDelays.compute(spark, request(Set("B6"))).map(_.carrier), Seq("B6"))
  }

  test("a half is rounded away from zero, on either side of it") {
    assertEquals(CarrierDelays.ratio(1, 8, 2), Some(BigDecimal("0.13")))
    assertEquals(CarrierDelays.ratio(-1, 8, 2), Some(BigDecimal("-0.13")))
  }

  test("the program reads the request document and leaves three result files") {
    spark
    val folder = Files.createTempDirectory("driver")
    val document = Files.writeString(folder.resolve("request.json"), s"""{"month":3,"origin":"JFK","data":"$data"}""")
    Main.main(Array("--request", document.toString, "--result", folder.resolve("result").toString))
    assertEquals(Files.readString(folder.resolve("result/delays.csv")).linesIterator.size, 4)
    assert(Files.readString(folder.resolve("result/delays.json")).contains(""""airline" : "JetBlue Airways""""))
    assert(Files.readString(folder.resolve("result/report.html")).contains("Delays from JFK, month 3"))
  }

  private def sample(): Path = {
    val folder = Files.createTempDirectory("flights")
    Files.writeString(folder.resolve("airlines.csv"), "carrier,name\nAA,American Airlines Inc.\nB6,JetBlue Airways\n")
    Files.writeString(
      folder.resolve("flights.csv"),
      """month,dep_delay,arr_delay,carrier,origin
        |3,20,16,AA,JFK
        |3,-5,-12,AA,JFK
        |3,NA,NA,AA,JFK
        |3,NA,NA,B6,JFK
        |3,0,15,ZZ,JFK
        |3,99,99,AA,EWR
        |4,99,99,AA,JFK
        |""".stripMargin,
    )
    folder
  }
}

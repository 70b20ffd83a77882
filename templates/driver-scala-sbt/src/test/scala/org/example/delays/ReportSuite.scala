package org.example.delays

class ReportSuite extends munit.FunSuite {
  private val hostile = """<script>alert("x")</script>, & 'co'"""
  private val row = CarrierDelay("LGA", "X1", hostile, 2, Some(BigDecimal("-1.50")), None, None)

  test("CSV quotes what has commas and quotes, and leaves unknown values empty") {
    assertEquals(Report.csv(Seq(row)).linesIterator.toSeq(1), "LGA,X1,\"<script>alert(\"\"x\"\")</script>, & 'co'\",2,-1.50,,")
  }

  test("JSON keeps the decimals and says null for what is unknown") {
    val text = Report.json(Seq(row))
    assert(text.contains(""""mean_departure_delay" : -1.50"""), text)
    assert(text.contains(""""share_late" : null"""), text)
  }

  test("no text of the data becomes markup") {
    val page = Report.html(Request(1, hostile, "/data", Set.empty, hostile), Seq(row))
    assert(!page.contains("<script>"))
    assert(page.contains("&lt;script&gt;"))
  }

  test("a request document without a field says which one") {
    val error = intercept[IllegalArgumentException](Request.parse("""{"month": 3}"""))
    assertEquals(error.getMessage, """the request document has no "origin"""")
  }
}

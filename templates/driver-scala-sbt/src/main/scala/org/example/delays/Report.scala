package org.example.delays

import com.fasterxml.jackson.databind.ObjectMapper
import com.fasterxml.jackson.databind.node.ObjectNode

/** The same rows for programs (JSON, CSV) and for people (HTML). */
object Report {
  private val mapper = new ObjectMapper()
  private val columns =
    Seq("origin", "carrier", "airline", "flights", "mean_departure_delay", "mean_arrival_delay", "share_late")

  def json(rows: Seq[CarrierDelay]): String = {
    val array = mapper.createArrayNode()
    rows.foreach { row =>
      val node = array.addObject()
      node.put("origin", row.origin).put("carrier", row.carrier).put("airline", row.airline).put("flights", row.flights)
      number(node, "mean_departure_delay", row.meanDepartureDelay)
      number(node, "mean_arrival_delay", row.meanArrivalDelay)
      number(node, "share_late", row.shareLate)
    }
    mapper.writerWithDefaultPrettyPrinter.writeValueAsString(array) + "\n"
  }

  def csv(rows: Seq[CarrierDelay]): String =
    (columns +: rows.map(cells)).map(_.map(quote).mkString(",")).mkString("", "\n", "\n")

  def html(request: Request, rows: Seq[CarrierDelay]): String = {
    val title = escape(s"Delays from ${request.origin}, ${request.label}")
    s"""<!doctype html>
       |<html lang="en"><head><meta charset="utf-8"><title>$title</title>
       |<style>body { font: 14px system-ui; margin: 2em } td, th { padding: 2px 10px; text-align: right } td:nth-child(-n+3), th:nth-child(-n+3) { text-align: left }</style>
       |</head><body><h1>$title</h1>
       |${BarChart.svg("Mean arrival delay in minutes", rows.map(row => row.airline -> row.meanArrivalDelay))}
       |<table><tr>${columns.map(name => s"<th>${escape(name.replace('_', ' '))}</th>").mkString}</tr>
       |${rows.map(row => cells(row).map(cell => s"<td>${escape(cell)}</td>").mkString("<tr>", "", "</tr>")).mkString("\n")}
       |</table></body></html>
       |""".stripMargin
  }

  /** For text and for attribute values. */
  def escape(text: String): String =
    text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;").replace("'", "&#39;")

  private def cells(row: CarrierDelay): Seq[String] =
    Seq(row.origin, row.carrier, row.airline, row.flights.toString) ++
      Seq(row.meanDepartureDelay, row.meanArrivalDelay, row.shareLate).map(_.fold("")(_.bigDecimal.toPlainString))

  private def quote(cell: String): String =
    if (cell.exists("\",\r\n".contains(_))) "\"" + cell.replace("\"", "\"\"") + "\"" else cell

  private def number(node: ObjectNode, name: String, value: Option[BigDecimal]): Unit = {
    value.fold(node.putNull(name))(number => node.put(name, number.bigDecimal))
    ()
  }
}

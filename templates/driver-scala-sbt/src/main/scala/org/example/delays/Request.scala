package org.example.delays

import com.fasterxml.jackson.databind.{JsonNode, ObjectMapper}
import scala.jdk.CollectionConverters._

/** What a client asks for; `carriers` empty means all. The form was checked by Slow Lane before this program was started. */
final case class Request(month: Int, origin: String, data: String, carriers: Set[String], label: String)

object Request {
  // Jackson comes with Spark, so the driver needs no JSON library of its own.
  private val json = new ObjectMapper()

  def parse(text: String): Request = {
    val document = json.readTree(text)
    val month = field(document, "month").asInt
    val origin = field(document, "origin").asText
    Request(
      month = month,
      origin = origin,
      data = field(document, "data").asText,
      carriers = document.path("carriers").elements.asScala.map(_.asText).toSet,
      label = document.path("label").asText(s"month $month"),
    )
  }

  private def field(document: JsonNode, name: String): JsonNode =
    Option(document.get(name)).getOrElse(throw new IllegalArgumentException(s"""the request document has no "$name""""))
}

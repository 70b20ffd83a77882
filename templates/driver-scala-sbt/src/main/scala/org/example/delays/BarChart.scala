package org.example.delays

/** A horizontal bar per row: left of the axis for early, right of it for late. */
object BarChart {
  private val LabelWidth = 190
  private val PlotWidth = 420
  private val RowHeight = 22

  def svg(title: String, values: Seq[(String, Option[BigDecimal])]): String = {
    val known = values.flatMap { case (_, value) => value.map(_.toDouble) }
    val lowest = (known :+ 0.0).min
    val span = math.max((known :+ 0.0).max - lowest, 1.0)
    val axis = LabelWidth + -lowest / span * PlotWidth
    val bars = values.zipWithIndex.map { case ((label, value), index) => bar(label, value, Place(axis, span, index * RowHeight)) }
    val height = values.size * RowHeight
    f"""<svg role="img" aria-label="${Report.escape(title)}" width="${LabelWidth + PlotWidth + 60}" height="$height" font-size="12">
       |${bars.mkString("\n")}
       |<line x1="$axis%.1f" x2="$axis%.1f" y1="0" y2="$height" stroke="#555"/>
       |</svg>""".stripMargin
  }

  private final case class Place(axis: Double, span: Double, y: Int)

  private def bar(label: String, value: Option[BigDecimal], place: Place): String = {
    val length = value.fold(0.0)(_.toDouble / place.span * PlotWidth)
    val from = math.min(place.axis, place.axis + length)
    val colour = if (length < 0) "#2a9d8f" else "#e76f51"
    f"""<text x="0" y="${place.y + 15}">${Report.escape(label)}</text>
       |<rect x="$from%.1f" y="${place.y + 3}" width="${math.abs(length)}%.1f" height="${RowHeight - 6}" fill="$colour"/>
       |<text x="${from + math.abs(length) + 4}%.1f" y="${place.y + 15}">${value.fold("no data")(_.bigDecimal.toPlainString)}</text>""".stripMargin
  }
}

package slowlane.notebook

import java.io.{ByteArrayOutputStream, File, OutputStream, PrintStream, PrintWriter, StringWriter}
import java.nio.charset.StandardCharsets.UTF_8
import java.nio.file.{Files, Paths, StandardOpenOption}
import scala.jdk.CollectionConverters._
import scala.tools.nsc.GenericRunnerSettings
import scala.tools.nsc.interpreter.{IMain, Results}
import scala.tools.nsc.interpreter.shell.ReplReporterImpl
import com.fasterxml.jackson.databind.{JsonNode, ObjectMapper}
import org.apache.spark.sql.{DataFrame, Dataset, SparkSession}

/** Ends a notebook with a result. */
final class NotebookExit(val value: String) extends scala.util.control.ControlThrowable(value)

/** A cell failed; its record has been written. */
final class CellFailure extends scala.util.control.ControlThrowable

/** Runs a Scala notebook by Spark's own interpreter, cell after cell, with a record of each. */
object Kernel {
  private[notebook] val json = new ObjectMapper()
  /** What cells see. The interpreter reaches objects by their path only, so it stands in an object. */
  @volatile var current: Session = _

  def main(arguments: Array[String]): Unit = {
    val task = json.readTree(Files.readString(Paths.get(arguments(0))))
    val output = new CellOutput(System.out)
    System.setOut(new PrintStream(output, true, UTF_8))
    System.setErr(new PrintStream(new CellOutput(System.err, Some(output)), true, UTF_8))
    val code = Console.withOut(System.out)(Console.withErr(System.err)(run(task, output)))
    System.out.flush()
    System.exit(code)
  }

  private def run(task: JsonNode, output: CellOutput): Int = {
    val record = new Record(task.get("events").asText)
    val session = new Session(task, output, record)
    val code = try { session.runNotebook(task.get("notebook").asText); 0 } catch {
      case end: NotebookExit => record.write(Map("exit" -> Redaction.redact(end.value).take(5000001))); 0
      case _: CellFailure => 1
    }
    session.spark.stop()
    code
  }
}

object Redaction {
  @volatile private var values = Seq.empty[String]

  def hide(value: String): Unit = synchronized {
    if (value.length > 1 && !values.contains(value)) values = (values :+ value).sortBy(-_.length)
  }

  def redact(text: String): String = values.foldLeft(text)((shown, value) => shown.replace(value, "[REDACTED]"))
}

/** Standard output, redacted line by line, and copied to the record of the cell that runs. */
final class CellOutput(target: OutputStream, copyTo: Option[CellOutput] = None) extends OutputStream {
  private val line = new ByteArrayOutputStream()
  private val cell = new StringBuilder

  override def write(byte: Int): Unit = synchronized {
    line.write(byte)
    if (byte == '\n' || line.size > 65536) emit()
  }

  override def flush(): Unit = target.flush()

  def take(): String = synchronized { emit(); val text = cell.toString; cell.clear(); text }

  private def emit(): Unit = {
    val text = Redaction.redact(line.toString(UTF_8))
    line.reset()
    target.write(text.getBytes(UTF_8))
    target.flush()
    copyTo.getOrElse(this).keep(text)
  }

  private def keep(text: String): Unit = synchronized { if (cell.length < 200000) cell.append(text) }
}

final class Record(path: String) {
  private var left = 8000000

  def write(event: Map[String, Any]): Unit = {
    var text = Kernel.json.writeValueAsString(toJava(event))
    if (text.length > left && event.contains("outputs"))
      text = Kernel.json.writeValueAsString(toJava(event + ("outputs" -> Seq(Map("kind" -> "text", "text" -> "(output left out: the record of this notebook is full)")))))
    left -= text.length
    Files.writeString(Paths.get(path), text + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND)
  }

  private def toJava(value: Any): Any = value match {
    case map: Map[_, _] => map.map { case (key, inner) => key.toString -> toJava(inner) }.asJava
    case list: Seq[_] => list.map(toJava).asJava
    case other => other
  }
}

final class Session(task: JsonNode, output: CellOutput, record: Record) {
  val spark: SparkSession = org.apache.spark.repl.Main.createSparkSession()
  private val reported = new StringWriter
  private var interpreter = newInterpreter()
  private var outputs = Seq.empty[Map[String, Any]]
  @volatile private var exit: Option[NotebookExit] = None
  var widgets = new Widgets(fieldsOf(task.get("parameters")))
  private var path = task.get("notebook").asText
  val dbutils = new Utilities(task, this)

  Kernel.current = this
  preamble()

  def runNotebook(of: String, depth: Int = 0): Unit = {
    if (depth > 20) throw new IllegalStateException(s"%run goes more than 20 notebooks deep at $of")
    load(of).get("cells").elements().asScala.zipWithIndex.foreach { case (cell, index) => runCell(of, index, cell, depth) }
  }

  /** `dbutils.notebook.run`: another notebook with names and widgets of its own. */
  def call(name: String, arguments: Map[String, String]): String = {
    val target = resolve(path, name)
    load(target)
    val outer = (interpreter, widgets, path, outputs)
    interpreter = newInterpreter()
    widgets = new Widgets(arguments)
    path = target
    preamble()
    try { runNotebook(target); "" }
    catch {
      case end: NotebookExit => exit = None; end.value
      case _: CellFailure => throw new RuntimeException(s"The notebook $target failed.")
    } finally {
      interpreter = outer._1; widgets = outer._2; path = outer._3; outputs = outer._4
      Thread.currentThread.setContextClassLoader(interpreter.classLoader)
    }
  }

  def leave(value: String): Nothing = {
    val end = new NotebookExit(value)
    exit = Some(end)
    throw end
  }

  def display(value: Any): Unit = value match {
    case rows: Dataset[_] => showRows(rows.toDF())
    case other => println(String.valueOf(other))
  }

  def displayHTML(html: String): Unit = put(Map("kind" -> "html", "text" -> Redaction.redact(html).take(200000)))

  private def runCell(of: String, index: Int, cell: JsonNode, depth: Int): Unit = {
    val kind = cell.get("kind").asText
    val source = cell.get("source").asText
    if (kind == "run") return include(of, source, depth)
    val where = Map[String, Any]("notebook" -> of, "cell" -> index, "kind" -> kind, "source" -> source.take(100000)) ++
      Option(cell.get("title")).map("title" -> _.asText)
    record.write(where + ("status" -> "started"))
    val begun = System.nanoTime()
    outputs = Seq.empty
    output.take()
    val failure = try { execute(kind, source, cell); None }
      catch { case end: NotebookExit => exit = Some(end); None; case error: Throwable => Some(error) }
    flushText()
    val error = if (exit.isDefined) None else failure
    val status = if (exit.isDefined) "exit" else if (error.isDefined) "error" else "ok"
    val texts = error.map(failed => explain(failed))
    val more = texts.map { case (line, trace) => Map("error" -> line, "trace" -> trace) }.getOrElse(Map.empty)
    record.write(where ++ Map("status" -> status, "ms" -> (System.nanoTime() - begun) / 1000000, "outputs" -> outputs) ++ more)
    texts.foreach { case (_, trace) => System.err.println(trace) }
    if (exit.isDefined) throw exit.get
    if (error.isDefined) throw new CellFailure
  }

  private def execute(kind: String, source: String, cell: JsonNode): Unit = kind match {
    case "scala" => runScala(source)
    case "sql" =>
      val rows = cell.get("statements").elements().asScala.map(statement => runSql(statement.asText)).toSeq
      rows.lastOption.flatten.filter(_.columns.nonEmpty).foreach(showRows)
    case "md" => put(Map("kind" -> "markdown", "text" -> source))
    case "sh" =>
      val process = new ProcessBuilder("/bin/bash", "-c", source).redirectErrorStream(true).start()
      process.getOutputStream.close()
      scala.io.Source.fromInputStream(process.getInputStream, "UTF-8").getLines().foreach(println)
      val code = process.waitFor()
      if (code != 0) throw new RuntimeException(s"the shell ended with code $code")
    case "fs" => runFs(source.trim.split("\\s+").toSeq)
    case "python" | "r" => throw new RuntimeException(s"%$kind works in Python, SQL and R notebooks only: the local workspace has no Python or R beside a Scala notebook")
    case "pip" => throw new RuntimeException("%pip is not supported by the local workspace: name the package among the task's libraries")
    case _ => throw new RuntimeException(s"$source is no magic of the local workspace")
  }

  private def runScala(source: String): Unit = {
    for (block <- new Blocks(interpreter).split(source)) {
      reported.getBuffer.setLength(0)
      val result = interpreter.interpret(block)
      val said = reported.toString
      if (exit.isDefined) throw exit.get
      result match {
        case Results.Success => if (said.nonEmpty) print(said)
        case Results.Incomplete => throw new CompileError("the cell ends in the middle of an expression", said)
        case Results.Error => throw new CompileError(Session.errorLine(said), said)
      }
    }
  }

  private val createWidget = """(?is)create\s+widget\s+(?:text|dropdown|combobox|multiselect)\s+`?(\w+)`?\s+default\s+['"](.*?)['"](?:\s+choices\s+.*)?""".r
  private val removeWidget = """(?is)remove\s+widget\s+`?(\w+)`?""".r

  private def runSql(statement: String): Option[DataFrame] = statement match {
    case createWidget(name, value) => widgets.text(name, value); None
    case removeWidget(name) => widgets.remove(name); None
    case _ =>
      val values = widgets.getAll
      val text = """\$\{([\w.]+)\}""".r.replaceAllIn(statement, found =>
        java.util.regex.Matcher.quoteReplacement(values.getOrElse(found.group(1), found.matched)))
      val used = """(?<![:\w]):(\w+)""".r.findAllMatchIn(text).map(_.group(1)).filter(values.contains).map(name => name -> values(name)).toMap
      Some(if (used.isEmpty) spark.sql(text) else spark.sql(text, used))
  }

  private def runFs(words: Seq[String]): Unit = words match {
    case Seq("ls", target) => dbutils.fs.ls(target).foreach(println)
    case Seq("head", target) => println(dbutils.fs.head(target))
    case Seq("mkdirs", target) => println(dbutils.fs.mkdirs(target))
    case Seq("rm", target) => println(dbutils.fs.rm(target))
    case Seq("rm", "-r", target) => println(dbutils.fs.rm(target, true))
    case Seq("cp", from, to) => println(dbutils.fs.cp(from, to))
    case Seq("mv", from, to) => println(dbutils.fs.mv(from, to))
    case other => throw new RuntimeException(s"%fs ${other.mkString(" ")} is not supported")
  }

  private def include(of: String, source: String, depth: Int): Unit = {
    val words = """"([^"]*)"|(\S+)""".r.findAllMatchIn(source).map(found => Option(found.group(1)).getOrElse(found.group(2))).toSeq
    """\$([\w.]+)=(?:"([^"]*)"|(\S+))""".r.findAllMatchIn(source)
      .foreach(found => widgets.offer(found.group(1), Option(found.group(2)).getOrElse(found.group(3))))
    val target = resolve(of, words.headOption.getOrElse(""))
    try load(target) catch { case error: RuntimeException =>
      record.write(Map("notebook" -> of, "cell" -> -1, "kind" -> "run", "source" -> source, "status" -> "error", "error" -> error.getMessage))
      System.err.println(error.getMessage)
      throw new CellFailure
    }
    runNotebook(target, depth + 1)
  }

  private def load(of: String): JsonNode = {
    val file = new File(task.get("notebooks").asText + of + ".json")
    if (of.split('/').contains("..") || !file.isFile) throw new RuntimeException(s"The notebook $of does not exist.")
    Kernel.json.readTree(Files.readString(file.toPath))
  }

  private def resolve(from: String, name: String): String = {
    val full = Paths.get(from).getParent.resolve(name).normalize.toString.stripPrefix("/Workspace")
    full.replaceAll("\\.(py|ipynb|sql|scala|r|R)$", "")
  }

  private def showRows(rows: DataFrame): Unit = {
    flushText()
    val found = rows.limit(1001).collect()
    val cells = found.take(1000).map(row => row.toSeq.map(value => if (value == null) null else Redaction.redact(value.toString).take(10000)))
    put(Map("kind" -> "table", "columns" -> rows.columns.toSeq, "rows" -> cells.toSeq, "truncated" -> (found.length > 1000)))
    rows.show(20, truncate = 60)
    output.take()
  }

  private def put(one: Map[String, Any]): Unit = { flushText(); outputs = outputs :+ one }

  private def flushText(): Unit = {
    System.out.flush()
    val text = output.take()
    if (text.nonEmpty) outputs = outputs :+ Map("kind" -> "text", "text" -> text.take(200000))
  }

  private def explain(error: Throwable): (String, String) = error match {
    case failed: CompileError => (Redaction.redact(failed.getMessage), Redaction.redact(failed.said).take(50000))
    case failed =>
      val text = new StringWriter
      failed.printStackTrace(new PrintWriter(text))
      (Redaction.redact(failed.toString), Redaction.redact(text.toString).take(50000))
  }

  private def newInterpreter(): IMain = {
    val settings = new GenericRunnerSettings(message => System.err.println(message))
    settings.processArguments(List("-Yrepl-class-based", "-Yrepl-outdir", org.apache.spark.repl.Main.outputDir.getAbsolutePath), true)
    settings.usejavacp.value = true
    settings.Yrangepos.value = true
    val made = new IMain(settings, new ReplReporterImpl(settings, new PrintWriter(reported, true)))
    made.initializeCompiler()
    Thread.currentThread.setContextClassLoader(made.classLoader)
    made
  }

  private def preamble(): Unit = interpreter.beQuietDuring {
    Session.preamble.foreach { line =>
      if (interpreter.interpret(line) != Results.Success) throw new IllegalStateException(s"the interpreter refuses '$line': $reported")
    }
  }

  private def fieldsOf(node: JsonNode): Map[String, String] =
    node.fields().asScala.map(field => field.getKey -> field.getValue.asText).toMap
}

final class CompileError(message: String, val said: String) extends RuntimeException(message)

object Session {
  /** One line at a time: the interpreter gives each its own wrapper. */
  val preamble: Seq[String] = Seq(
    "@transient val spark = slowlane.notebook.Kernel.current.spark",
    "@transient val sc = spark.sparkContext",
    "@transient val sqlContext = spark.sqlContext",
    "import org.apache.spark.SparkContext._",
    "import spark.implicits._",
    "import spark.sql",
    "import org.apache.spark.sql.functions._",
    "@transient val dbutils = slowlane.notebook.Kernel.current.dbutils",
    "def display(value: Any): Unit = slowlane.notebook.Kernel.current.display(value)",
    "def displayHTML(html: String): Unit = slowlane.notebook.Kernel.current.displayHTML(html)")

  /** The exception or the compiler's message in what the interpreter printed. */
  def errorLine(said: String): String = {
    val lines = said.linesIterator.map(_.trim).filter(_.nonEmpty).toSeq
    lines.find(_.matches("(?:[\\w$]+\\.)+[\\w$]*(?:Exception|Error|Failure)\\b.*"))
      .orElse(lines.find(_.contains("error:")).map(_.replaceAll("^<console>:\\d+: ", "")))
      .orElse(lines.headOption).getOrElse("the cell failed")
  }
}

/**
 * A cell cut into top-level statements. A case class and its use in one block would wait for each other for ever (a class initialiser
 * that needs itself); companions stay together. A cell that only makes sense as a whole stays whole.
 */
final class Blocks(interpreter: IMain) {
  private val global = interpreter.global

  def split(code: String): Seq[String] = parse(code) match {
    case None => Seq(code)
    case Some(trees) =>
      val cuts = trees.indices.drop(1).filter(at => nameOf(trees(at)).isEmpty || nameOf(trees(at)) != nameOf(trees(at - 1)))
        .flatMap(at => cutBetween(code, trees(at - 1), trees(at)))
      val blocks = (0 +: cuts :+ code.length).sliding(2).collect { case Seq(from, to) if code.substring(from, to).trim.nonEmpty => code.substring(from, to) }.toSeq
      if (blocks.forall(block => parse(block).isDefined)) blocks else Seq(code)
  }

  private def cutBetween(code: String, before: global.Tree, after: global.Tree): Option[Int] = {
    val end = code.indexOf('\n', before.pos.end)
    if (end >= 0 && end < after.pos.start) Some(end + 1) else None
  }

  private def nameOf(tree: global.Tree): String = tree match {
    case definition: global.ClassDef => definition.name.toString
    case definition: global.ModuleDef => definition.name.toString
    case _ => ""
  }

  private def parse(code: String): Option[List[global.Tree]] = {
    val store = new scala.tools.nsc.reporters.StoreReporter(global.settings)
    val usual = global.reporter
    try {
      global.reporter = store.asInstanceOf[usual.type]
      val unit = new global.CompilationUnit(global.newSourceFile(code, "cell"))
      val trees = new global.syntaxAnalyzer.UnitParser(unit).parseStats()
      if (store.hasErrors) None else Some(trees)
    } catch { case _: Exception => None } finally global.reporter = usual
  }
}

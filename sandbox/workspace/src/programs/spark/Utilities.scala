package slowlane.notebook

import java.io.File
import java.nio.file.{Files, Path, Paths, StandardCopyOption}
import scala.jdk.CollectionConverters._
import com.fasterxml.jackson.databind.JsonNode
import org.apache.commons.io.FileUtils
import slowlane.spark.DbfsFileSystem

/** `dbutils` for Scala notebooks. */
final class Utilities(task: JsonNode, session: Session) {
  val fs = new FileUtilities
  val secrets = new SecretUtilities(task)
  val notebook = new NotebookUtilities(session)
  val jobs = new JobUtilities(task)
  def widgets: Widgets = session.widgets
}

final class NotebookUtilities(session: Session) {
  def exit(value: String): Nothing = session.leave(value)
  def run(path: String, timeoutSeconds: Int = 0, arguments: scala.collection.Map[String, String] = Map.empty): String =
    session.call(path, arguments.toMap)
}

final class Widgets(start: Map[String, String]) {
  private var given = start
  private var declared = Map.empty[String, String]

  def text(name: String, defaultValue: String, label: String = ""): Unit = declared += name -> defaultValue
  def dropdown(name: String, defaultValue: String, choices: Seq[String], label: String = ""): Unit = {
    require(choices.contains(defaultValue), s"the default $defaultValue of $name is not among its choices")
    text(name, defaultValue)
  }
  def combobox(name: String, defaultValue: String, choices: Seq[String], label: String = ""): Unit = text(name, defaultValue)
  def multiselect(name: String, defaultValue: String, choices: Seq[String], label: String = ""): Unit = text(name, defaultValue)
  def get(name: String): String =
    getAll.getOrElse(name, throw new IllegalArgumentException(s"No input widget named $name is defined"))
  def getAll: Map[String, String] = declared ++ given
  def remove(name: String): Unit = { declared -= name; given -= name }
  def removeAll(): Unit = { declared = Map.empty; given = Map.empty }
  private[notebook] def offer(name: String, value: String): Unit = if (!given.contains(name)) given += name -> value
}

final class JobUtilities(task: JsonNode) {
  val taskValues = new TaskValues(task)
}

final class TaskValues(task: JsonNode) {
  private val own = Kernel.json.createObjectNode()
  private val target = Paths.get(task.get("values").asText)

  def set(key: String, value: Any): Unit = {
    own.set[JsonNode](key, Kernel.json.valueToTree[JsonNode](value))
    val part = Paths.get(s"$target.part")
    Files.writeString(part, own.toString)
    Files.move(part, target, StandardCopyOption.ATOMIC_MOVE)
  }

  def get(taskKey: String, key: String, default: Any = None, debugValue: Any = None): Any =
    Option(task.at(s"/taskValues/$taskKey/$key")).filterNot(_.isMissingNode).map(Kernel.json.treeToValue(_, classOf[Object]))
      .getOrElse(if (default != None) default else throw new NoSuchElementException(s"the task $taskKey has set no value $key"))
}

case class SecretScope(name: String)
case class SecretMetadata(key: String)

final class SecretUtilities(task: JsonNode) {
  private val file = Paths.get(task.get("secrets").asText)
  private val scopes = Kernel.json.readTree(Files.readString(file))
  Files.deleteIfExists(file)

  def get(scope: String, key: String): String = {
    val value = Option(scopeOf(scope).get(key)).map(_.asText)
      .getOrElse(throw new IllegalArgumentException(s"Secret does not exist with scope: $scope and key: $key"))
    Redaction.hide(value)
    value
  }
  def getBytes(scope: String, key: String): Array[Byte] = get(scope, key).getBytes("UTF-8")
  def list(scope: String): Seq[SecretMetadata] = scopeOf(scope).fieldNames().asScala.map(SecretMetadata(_)).toSeq
  def listScopes(): Seq[SecretScope] = scopes.fieldNames().asScala.map(SecretScope(_)).toSeq

  private def scopeOf(scope: String): JsonNode =
    Option(scopes.get(scope)).getOrElse(throw new IllegalArgumentException(s"Secret scope $scope does not exist."))
}

case class FileInfo(path: String, name: String, size: Long, modificationTime: Long) {
  def isDir: Boolean = name.endsWith("/")
}

/** Paths on /Volumes, /Workspace and the driver's own disk, with or without `dbfs:` and `file:`. */
final class FileUtilities {
  def ls(path: String): Seq[FileInfo] = {
    val local = localPath(path).toFile
    if (!local.exists()) throw new java.io.FileNotFoundException(path)
    val files = if (local.isDirectory) local.listFiles().toSeq.sortBy(_.getName) else Seq(local)
    files.filterNot(file => file.getParent == "/Volumes" && file.getName.startsWith(".")).map(info(path, _))
  }

  def head(path: String, maxBytes: Int = 65536): String = {
    val stream = Files.newInputStream(localPath(path))
    try new String(stream.readNBytes(maxBytes), "UTF-8") finally stream.close()
  }

  def put(path: String, contents: String, overwrite: Boolean = false): Boolean = {
    val local = localPath(path)
    if (!overwrite && Files.exists(local)) throw new java.nio.file.FileAlreadyExistsException(path)
    Files.createDirectories(local.getParent)
    Files.writeString(local, contents)
    true
  }

  def mkdirs(path: String): Boolean = { Files.createDirectories(localPath(path)); true }

  def cp(from: String, to: String, recurse: Boolean = false): Boolean = {
    val (source, target) = (localPath(from).toFile, localPath(to).toFile)
    if (source.isDirectory) {
      require(recurse, s"$from is a folder: say recurse = true")
      FileUtils.copyDirectory(source, target)
    } else FileUtils.copyFile(source, if (target.isDirectory) new File(target, source.getName) else target)
    true
  }

  def mv(from: String, to: String, recurse: Boolean = false): Boolean = { cp(from, to, recurse); rm(from, recurse) }

  def rm(path: String, recurse: Boolean = false): Boolean = {
    val local = localPath(path)
    if (!Files.exists(local)) return false
    if (Files.isDirectory(local) && recurse) FileUtils.deleteDirectory(local.toFile) else Files.delete(local)
    true
  }

  private def localPath(path: String): Path = {
    val isFile = path.startsWith("file:")
    val plain = if (isFile || path.startsWith("dbfs:")) "/" + path.substring(5).dropWhile(_ == '/') else path
    if (!plain.startsWith("/")) throw new IllegalArgumentException(s"a path begins with /, dbfs:/ or file:/, but this one is $path")
    Paths.get(if (isFile) plain else DbfsFileSystem.localPath(plain)).normalize
  }

  private def info(asked: String, file: File): FileInfo = {
    val mark = if (file.isDirectory) "/" else ""
    val scheme = if (asked.startsWith("file:")) "file:" else "dbfs:"
    FileInfo(scheme + file.getPath.stripPrefix("/dbfs") + mark, file.getName + mark, if (file.isDirectory) 0 else file.length, file.lastModified)
  }
}

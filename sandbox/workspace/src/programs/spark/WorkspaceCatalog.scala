package org.apache.spark.sql.slowlane

import java.io.File
import java.net.URI
import java.nio.file.{Files, NoSuchFileException, Path, Paths, StandardCopyOption}
import java.util
import scala.jdk.CollectionConverters._
import com.fasterxml.jackson.databind.ObjectMapper
import org.apache.spark.sql.SparkSession
import org.apache.spark.sql.catalyst.TableIdentifier
import org.apache.spark.sql.catalyst.analysis._
import org.apache.spark.sql.catalyst.catalog.{CatalogStorageFormat, CatalogTable, CatalogTableType}
import org.apache.spark.sql.connector.catalog._
import org.apache.spark.sql.connector.expressions.Transform
import org.apache.spark.sql.connector.catalog.CatalogV2Implicits._
import org.apache.spark.sql.types.{DataType, StructType}
import org.apache.spark.sql.util.CaseInsensitiveStringMap

/**
 * A catalog in a folder, which outlives every driver and needs no server: a schema is a folder, a table is an entry of the schema's `.tables` folder.
 * Delta tables are handed to Delta by their path, so all that Delta can do works on three-level names; other formats are Spark's own file tables.
 * Entries are made with `CREATE_NEW` or replaced by a rename, so two drivers never see half of one.
 */
class WorkspaceCatalog extends StagingTableCatalog with SupportsNamespaces {
  private var catalogName = ""
  private var warehouse: Path = _

  override def name(): String = catalogName

  override def initialize(name: String, options: CaseInsensitiveStringMap): Unit = {
    catalogName = name
    warehouse = Paths.get(options.get("warehouse"))
    if (Files.isDirectory(warehouse)) makeShared(warehouse.resolve("default").resolve(WorkspaceCatalog.entries))
  }

  override def capabilities(): util.Set[TableCatalogCapability] =
    util.Set.of(TableCatalogCapability.SUPPORT_COLUMN_DEFAULT_VALUE)

  override def defaultNamespace(): Array[String] = Array("default")

  // Tables

  override def listTables(namespace: Array[String]): Array[Identifier] = {
    val folder = existing(namespace).resolve(WorkspaceCatalog.entries).toFile
    Option(folder.list()).getOrElse(Array.empty[String]).filter(_.endsWith(".json")).sorted
      .map(file => Identifier.of(namespace, file.stripSuffix(".json")))
  }

  override def tableExists(ident: Identifier): Boolean = isOurs(ident) && Files.exists(entryOf(ident))

  override def loadTable(ident: Identifier): Table = toTable(ident, read(ident))

  override def loadTable(ident: Identifier, version: String): Table = delta(ident).loadTable(pathOf(read(ident)), version)

  override def loadTable(ident: Identifier, timestamp: Long): Table = delta(ident).loadTable(pathOf(read(ident)), timestamp)

  override def createTable(ident: Identifier, columns: Array[Column], partitions: Array[Transform],
      properties: util.Map[String, String]): Table = {
    val entry = newEntry(ident, columns, partitions, properties)
    write(ident, entry, replace = false)
    try {
      if (entry.isDelta) sessionCatalog.createTable(pathOf(entry), columns, partitions, deltaProperties(properties))
      else makeShared(Paths.get(entry.path))
    } catch { case error: Throwable => Files.deleteIfExists(entryOf(ident)); throw error }
    loadTable(ident)
  }

  override def createTable(ident: Identifier, schema: StructType, partitions: Array[Transform],
      properties: util.Map[String, String]): Table =
    createTable(ident, CatalogV2Util.structTypeToV2Columns(schema), partitions, properties)

  override def alterTable(ident: Identifier, changes: TableChange*): Table = {
    delta(ident).alterTable(pathOf(read(ident)), changes: _*)
    loadTable(ident)
  }

  override def dropTable(ident: Identifier): Boolean = {
    if (!tableExists(ident)) return false
    val entry = read(ident)
    Files.deleteIfExists(entryOf(ident))
    if (entry.managed) removeFolder(Paths.get(entry.path).toFile)
    true
  }

  override def renameTable(from: Identifier, to: Identifier): Unit = {
    if (tableExists(to)) throw new TableAlreadyExistsException(to)
    val entry = read(from)
    write(to, entry, replace = false)
    Files.deleteIfExists(entryOf(from))
  }

  // Staged tables: CREATE TABLE ... AS and CREATE OR REPLACE, whole or not at all

  override def stageCreate(ident: Identifier, columns: Array[Column], partitions: Array[Transform],
      properties: util.Map[String, String]): StagedTable = {
    if (tableExists(ident)) throw new TableAlreadyExistsException(ident)
    stage(ident, newEntry(ident, columns, partitions, properties), _.stageCreate(_, columns, partitions, deltaProperties(properties)))
  }

  override def stageReplace(ident: Identifier, columns: Array[Column], partitions: Array[Transform],
      properties: util.Map[String, String]): StagedTable = {
    if (!tableExists(ident)) throw new NoSuchTableException(ident)
    stageCreateOrReplace(ident, columns, partitions, properties)
  }

  override def stageCreateOrReplace(ident: Identifier, columns: Array[Column], partitions: Array[Transform],
      properties: util.Map[String, String]): StagedTable = {
    val fresh = newEntry(ident, columns, partitions, properties)
    val known = if (tableExists(ident)) Some(read(ident)) else None
    val entry = known.filter(_.isDelta == fresh.isDelta).fold(fresh)(old => fresh.copy(path = old.path, managed = old.managed))
    stage(ident, entry, _.stageCreateOrReplace(_, columns, partitions, deltaProperties(properties)))
  }

  private def stage(ident: Identifier, entry: TableEntry,
      make: (StagingTableCatalog, Identifier) => StagedTable): StagedTable = {
    if (!entry.isDelta) throw new UnsupportedOperationException(
      s"CREATE OR REPLACE and CREATE TABLE ... AS of the format ${entry.provider} are not supported in the catalog $catalogName: use Delta, or create the table first and insert into it.")
    new StagedEntry(make(sessionCatalog, pathOf(entry)), () => write(ident, entry, replace = true))
  }

  // Namespaces

  override def listNamespaces(): Array[Array[String]] =
    Option(warehouse.toFile.list()).getOrElse(Array.empty[String]).filter(name => Files.isDirectory(warehouse.resolve(name)))
      .sorted.map(Array(_))

  override def listNamespaces(namespace: Array[String]): Array[Array[String]] = {
    if (namespace.isEmpty) listNamespaces() else { existing(namespace); Array.empty }
  }

  override def namespaceExists(namespace: Array[String]): Boolean =
    namespace.length == 1 && isName(namespace(0)) && Files.isDirectory(warehouse.resolve(namespace(0)))

  override def loadNamespaceMetadata(namespace: Array[String]): util.Map[String, String] =
    util.Map.of(SupportsNamespaces.PROP_LOCATION, existing(namespace).toUri.toString)

  override def createNamespace(namespace: Array[String], metadata: util.Map[String, String]): Unit = {
    checkName(namespace)
    if (namespaceExists(namespace)) throw new NamespaceAlreadyExistsException(namespace)
    makeShared(warehouse.resolve(namespace(0)).resolve(WorkspaceCatalog.entries))
  }

  override def alterNamespace(namespace: Array[String], changes: NamespaceChange*): Unit =
    throw new UnsupportedOperationException(s"schemas of the catalog $catalogName cannot be altered")

  override def dropNamespace(namespace: Array[String], cascade: Boolean): Boolean = {
    if (!namespaceExists(namespace)) return false
    val tables = listTables(namespace)
    if (tables.nonEmpty && !cascade) throw new NonEmptyNamespaceException(namespace)
    tables.foreach(dropTable)
    removeFolder(existing(namespace).toFile)
    true
  }

  // Entries

  private def toTable(ident: Identifier, entry: TableEntry): Table = {
    val known = catalogTable(ident, entry)
    if (entry.isDelta) named(sessionCatalog.loadTable(pathOf(entry)), known) else V1Table(known)
  }

  /** Streams into and out of a Delta table want the table's name too. Delta may be missing, so its `copy` is found by looking. */
  private def named(table: Table, known: CatalogTable): Table = {
    val copy = table.getClass.getMethods.find(_.getName == "copy")
    val at = copy.fold(-1)(_.getGenericParameterTypes.indexWhere(_.getTypeName.contains(classOf[CatalogTable].getName)))
    if (at < 0) return table
    val complete = known.copy(schema = table.columns().asSchema, partitionColumnNames = table.partitioning().toIndexedSeq.convertTransforms._1)
    val values = (1 to copy.get.getParameterCount).map(number => table.getClass.getMethod("copy$default$" + number).invoke(table))
    copy.get.invoke(table, values.updated(at, Some(complete)): _*).asInstanceOf[Table]
  }

  private def catalogTable(ident: Identifier, entry: TableEntry): CatalogTable =
    CatalogTable(
      identifier = TableIdentifier(ident.name, Some(ident.namespace()(0)), Some(catalogName)),
      tableType = if (entry.managed) CatalogTableType.MANAGED else CatalogTableType.EXTERNAL,
      storage = CatalogStorageFormat.empty.copy(locationUri = Some(new File(entry.path).toURI), properties = entry.options),
      schema = DataType.fromJson(entry.schema).asInstanceOf[StructType],
      provider = Some(entry.provider),
      partitionColumnNames = entry.partitions,
      tracksPartitionsInCatalog = false)

  private def newEntry(ident: Identifier, columns: Array[Column], partitions: Array[Transform],
      properties: util.Map[String, String]): TableEntry = {
    if (!isOurs(ident)) throw new NoSuchNamespaceException(ident.namespace())
    val given = Option(properties.get(TableCatalog.PROP_LOCATION)).map(localPath)
    val provider = Option(properties.get(TableCatalog.PROP_PROVIDER)).getOrElse("delta").toLowerCase(util.Locale.ROOT)
    TableEntry(
      provider = provider,
      path = given.getOrElse(existing(ident.namespace()).resolve(ident.name).toString),
      managed = given.isEmpty,
      schema = CatalogV2Util.v2ColumnsToStructType(columns).json,
      partitions = partitions.toIndexedSeq.convertTransforms._1,
      options = properties.asScala.collect { case (key, value) if key.startsWith("option.") => key.stripPrefix("option.") -> value }.toMap)
  }

  private def localPath(location: String): String = {
    val uri = new org.apache.hadoop.fs.Path(location).toUri
    if (uri.getScheme == "dbfs") slowlane.spark.DbfsFileSystem.localPath(uri.getPath) else uri.getPath
  }

  private def deltaProperties(properties: util.Map[String, String]): util.Map[String, String] = {
    val kept = new util.HashMap[String, String](properties)
    Seq(TableCatalog.PROP_LOCATION, TableCatalog.PROP_EXTERNAL, TableCatalog.PROP_IS_MANAGED_LOCATION).foreach(kept.remove)
    kept.put(TableCatalog.PROP_PROVIDER, "delta")
    kept
  }

  private def read(ident: Identifier): TableEntry = {
    if (!isOurs(ident)) throw new NoSuchTableException(ident)
    try TableEntry.fromJson(Files.readString(entryOf(ident)))
    catch { case _: NoSuchFileException => throw new NoSuchTableException(ident) }
  }

  private def write(ident: Identifier, entry: TableEntry, replace: Boolean): Unit = {
    val target = entryOf(ident)
    val part = Files.createTempFile(target.getParent, ".entry", ".part")
    try {
      Files.writeString(part, entry.toJson)
      part.toFile.setReadable(true, false)
      if (replace) Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING)
      else Files.createLink(target, part)
    } catch {
      case _: java.nio.file.FileAlreadyExistsException => throw new TableAlreadyExistsException(ident)
    } finally Files.deleteIfExists(part)
  }

  private def isOurs(ident: Identifier): Boolean = ident.namespace().length == 1 && isName(ident.name) && namespaceExists(ident.namespace())

  private def entryOf(ident: Identifier): Path =
    warehouse.resolve(ident.namespace()(0)).resolve(WorkspaceCatalog.entries).resolve(ident.name + ".json")

  private def existing(namespace: Array[String]): Path = {
    if (!namespaceExists(namespace)) throw new NoSuchNamespaceException(namespace)
    warehouse.resolve(namespace(0))
  }

  private def pathOf(entry: TableEntry): Identifier = Identifier.of(Array("delta"), entry.path)

  private def delta(ident: Identifier): StagingTableCatalog = {
    val entry = read(ident)
    if (!entry.isDelta) throw new UnsupportedOperationException(s"$ident is a ${entry.provider} table: only Delta tables can be altered or read as of a version")
    sessionCatalog
  }

  private def sessionCatalog: StagingTableCatalog =
    SparkSession.active.sessionState.catalogManager.catalog("spark_catalog") match {
      case catalog: StagingTableCatalog => catalog
      case _ => throw new UnsupportedOperationException("Delta Lake is not installed in this Spark: create the table USING parquet")
    }

  private def checkName(namespace: Array[String]): Unit =
    if (namespace.length != 1 || !isName(namespace(0)))
      throw new IllegalArgumentException(s"a schema has one name of letters, digits and _, not ${namespace.mkString(".")}")

  private def isName(name: String): Boolean = name.matches("[\\p{L}\\p{N}_][\\p{L}\\p{N}_ -]{0,199}")

  private def makeShared(path: Path): Unit = {
    val missing = Iterator.iterate(path)(_.getParent).takeWhile(step => step != null && !Files.exists(step)).toSeq.reverse
    missing.foreach { step =>
      Files.createDirectories(step)
      Files.setPosixFilePermissions(step, java.nio.file.attribute.PosixFilePermissions.fromString("rwxrwxr-x"))
    }
  }

  private def removeFolder(folder: File): Unit = org.apache.commons.io.FileUtils.deleteDirectory(folder)
}

object WorkspaceCatalog {
  val entries = ".tables"
}

case class TableEntry(provider: String, path: String, managed: Boolean, schema: String, partitions: Seq[String],
    options: Map[String, String]) {
  def isDelta: Boolean = provider == "delta"

  def toJson: String = TableEntry.mapper.writeValueAsString(util.Map.of("provider", provider, "path", path, "managed", managed,
    "schema", schema, "partitions", partitions.asJava, "options", options.asJava))
}

object TableEntry {
  private val mapper = new ObjectMapper()

  def fromJson(text: String): TableEntry = {
    val node = mapper.readTree(text)
    TableEntry(node.get("provider").asText, node.get("path").asText, node.get("managed").asBoolean, node.get("schema").asText,
      node.get("partitions").elements().asScala.map(_.asText).toSeq,
      node.get("options").fields().asScala.map(field => field.getKey -> field.getValue.asText).toMap)
  }
}

/** What Delta stages, and the entry that is written once Delta has committed. */
class StagedEntry(staged: StagedTable, enter: () => Unit) extends StagedTable with SupportsWrite {
  override def name(): String = staged.name()
  override def schema(): StructType = staged.schema()
  override def columns(): Array[Column] = staged.columns()
  override def partitioning(): Array[Transform] = staged.partitioning()
  override def properties(): util.Map[String, String] = staged.properties()
  override def capabilities(): util.Set[TableCapability] = staged.capabilities()
  override def newWriteBuilder(info: org.apache.spark.sql.connector.write.LogicalWriteInfo): org.apache.spark.sql.connector.write.WriteBuilder =
    staged.asInstanceOf[SupportsWrite].newWriteBuilder(info)
  override def commitStagedChanges(): Unit = { staged.commitStagedChanges(); enter() }
  override def abortStagedChanges(): Unit = staged.abortStagedChanges()
}

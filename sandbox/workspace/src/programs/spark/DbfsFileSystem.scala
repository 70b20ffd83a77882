package slowlane.spark

import java.io.{File, FileNotFoundException}
import java.net.URI
import org.apache.hadoop.fs.{FileStatus, Path, RawLocalFileSystem}

/**
 * `dbfs:` as programs write it. `dbfs:/Volumes/...` and `dbfs:/Workspace/...` are the folders of those names, any other path lies below `/dbfs`.
 * Hadoop finds the class by its service entry.
 */
class DbfsFileSystem extends RawLocalFileSystem {
  override def getUri: URI = DbfsFileSystem.uri

  override def getScheme: String = "dbfs"

  override protected def checkPath(path: Path): Unit = {
    val scheme = path.toUri.getScheme
    if (scheme != null && scheme != "dbfs") throw new IllegalArgumentException(s"Wrong FS: $path, expected: dbfs:/")
  }

  override def pathToFile(path: Path): File = {
    checkPath(path)
    val absolute = if (path.isAbsolute) path else new Path(getWorkingDirectory, path)
    new File(DbfsFileSystem.localPath(absolute.toUri.getPath))
  }

  override def getFileStatus(path: Path): FileStatus = shown(super.getFileStatus(path))

  override def listStatus(path: Path): Array[FileStatus] = {
    val found = super.listStatus(path)
    if (found == null) throw new FileNotFoundException(s"$path does not exist")
    found.map(shown)
  }

  private def shown(status: FileStatus): FileStatus = {
    val path = status.getPath.toUri.getPath
    status.setPath(new Path("dbfs", null, if (path.startsWith("/dbfs/")) path.substring(5) else path))
    status
  }
}

object DbfsFileSystem {
  private val uri = URI.create("dbfs:///")
  private val roots = Seq("/Volumes", "/Workspace", "/dbfs")

  def localPath(path: String): String =
    if (roots.exists(root => path == root || path.startsWith(root + "/"))) path else "/dbfs" + path
}

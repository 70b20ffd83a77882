/**
 * A setting for every project, read from sbt's global folder: copies the run-time JARs beside the artifact. sbt's own `Runtime` class path
 * leaves out what is `Provided` or for tests; Scala's library comes with the cluster. Two libraries with one file name get their organisation in front.
 */
export const companionsSetting = `lazy val slowlaneCompanions = taskKey[Unit]("Copies the JARs that the program needs at run time.")

slowlaneCompanions := {
  val folder = file("/work/out/lib")
  val own = (Compile / packageBin / artifactPath).value
  val jars = (Runtime / dependencyClasspathAsJars).value.filterNot { jar =>
    jar.data == own || jar.get(moduleID.key).exists(_.organization == "org.scala-lang")
  }
  val named = jars.groupBy(_.data.getName).toSeq.flatMap { case (name, same) =>
    if (same.size == 1) same.map(_.data -> name)
    else same.map(jar => jar.data -> (jar.get(moduleID.key).fold("")(_.organization + ".") + name))
  }
  IO.delete(folder)
  IO.createDirectory(folder)
  IO.copy(named.map { case (jar, name) => jar -> folder / name })
  streams.value.log.info("companions: " + named.map(_._2).sorted.mkString(" "))
}
`;

/**
 * A setting for every project, read from sbt's global folder: tests run in a JVM of their own with JaCoCo's agent, and `slowlaneCoverage` writes the report.
 * The agent changes classes only inside that JVM, so nothing that is packaged is touched. Version 0.8.15 knows class files up to Java 25.
 */
export const coverageSetting = `lazy val SlowlaneCoverage = config("slowlaneCoverage").hide
ivyConfigurations += SlowlaneCoverage
libraryDependencies ++= Seq(
  "org.jacoco" % "org.jacoco.agent" % "0.8.15" % SlowlaneCoverage classifier "runtime",
  "org.jacoco" % "org.jacoco.cli" % "0.8.15" % SlowlaneCoverage classifier "nodeps"
)

lazy val slowlaneCoverageData = settingKey[File]("Where the tests leave what they ran.")
slowlaneCoverageData := target.value / "slowlane-coverage" / "jacoco.exec"

def slowlaneCoverageJar(report: UpdateReport, name: String): File =
  report.matching(configurationFilter("slowlaneCoverage") && artifactFilter(name = name)).head

Test / fork := true
Test / javaOptions += {
  val agent = slowlaneCoverageJar(update.value, "org.jacoco.agent")
  "-javaagent:" + agent + "=destfile=" + slowlaneCoverageData.value
}

lazy val slowlaneCoverage = taskKey[Unit]("Writes what the tests covered as XML.")
slowlaneCoverage := {
  val cli = slowlaneCoverageJar(update.value, "org.jacoco.cli")
  val data = slowlaneCoverageData.value
  val classes = (Compile / classDirectory).value
  val arguments = Seq("-jar", cli, "report", data, "--classfiles", classes, "--xml", data.getParentFile / "jacoco.xml")
  if (data.exists && classes.exists) {
    val code = Fork.java(ForkOptions(), arguments.map(_.toString))
    if (code != 0) sys.error("coverage: the report could not be written")
  }
}

lazy val slowlaneCoverageOfAll = taskKey[Unit]("Writes the reports of the project and of what it depends on.")
slowlaneCoverageOfAll := {
  val all = slowlaneCoverage.all(ScopeFilter(inDependencies(ThisProject))).value
}
`;

name := "flight-delays"
organization := "org.example"
version := "1.0.0"
scalaVersion := "2.13.16"

// The cluster has Spark already, so it is not packed: "provided".
libraryDependencies ++= Seq(
  "org.apache.spark" %% "spark-sql" % "4.0.1" % Provided,
  "org.scalameta" %% "munit" % "1.2.0" % Test,
)

scalacOptions ++= Seq("-deprecation", "-feature", "-Xlint", "-Werror")

// Spark on Java 17 needs these doors open; spark-submit opens them by itself, a test has to ask. The JVM lives for seconds: no second compiler.
Test / fork := true
Test / javaOptions ++=
  Seq("java.nio", "java.lang", "java.lang.invoke", "java.util", "sun.nio.ch", "sun.security.action")
    .map(name => s"--add-opens=java.base/$name=ALL-UNNAMED") ++
    Seq("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dspark.ui.enabled=false")

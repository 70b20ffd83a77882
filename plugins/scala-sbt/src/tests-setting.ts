/** Tests of a project and of all projects of the build that it depends on: sbt's own `test` knows only what is aggregated. */
export const testsSetting = `lazy val slowlaneTest = taskKey[Unit]("Tests the project and what it depends on.")
slowlaneTest := {
  val all = test.all(ScopeFilter(inDependencies(ThisProject), inConfigurations(Test))).value
}

lazy val slowlaneTestCompile = taskKey[Unit]("Compiles the tests of the project and of what it depends on.")
slowlaneTestCompile := {
  val all = compile.all(ScopeFilter(inDependencies(ThisProject), inConfigurations(Test))).value
}
`;

/**
 * Groovy, for Gradle 4.4 to 9, whatever language the project's own build files are written in. It is read before them and changes
 * nothing of what they build: where repositories are, when archives were made, and what is copied to /work/out at the end.
 *
 * The same address of the gateway in both phases: Gradle remembers from which repository a file came.
 */
export const initScript = String.raw`def setting = { name -> gradle.startParameter.projectProperties['slowlane.' + name] }
def registry = { name -> 'http://127.0.0.1:3128/' + name + '/' }

def toGateway = { repositories ->
  repositories.all { repository ->
    if (!(repository instanceof MavenArtifactRepository)) return
    def address = repository.url
    if (address == null || !(address.scheme in ['http', 'https']) || address.host == '127.0.0.1') return
    def isPortal = repository.name.contains('Plugin Repository') || address.host.startsWith('plugins.gradle.')
    repository.url = registry(isPortal && setting('portal') ? 'gradle-plugins' : 'maven')
    if (repository.hasProperty('allowInsecureProtocol')) repository.allowInsecureProtocol = true
  }
}

def ofSettings = { settings ->
  toGateway(settings.buildscript.repositories)
  if (settings.hasProperty('pluginManagement')) toGateway(settings.pluginManagement.repositories)
  if (settings.hasProperty('dependencyResolutionManagement')) toGateway(settings.dependencyResolutionManagement.repositories)
}
// Plugins of the settings file itself are looked up while it is read, from Gradle 6 on.
if (gradle.metaClass.respondsTo(gradle, 'beforeSettings', Closure)) gradle.beforeSettings { settings ->
  ofSettings(settings)
  if (setting('portal')) settings.pluginManagement.repositories { gradlePluginPortal() }
}
gradle.settingsEvaluated { settings ->
  if (settings.hasProperty('pluginManagement'))
    settings.pluginManagement.repositories { if (it.empty) gradlePluginPortal() }
  ofSettings(settings)
}

allprojects { project ->
  toGateway(project.buildscript.repositories)
  toGateway(project.repositories)
  project.tasks.withType(AbstractArchiveTask) {
    preserveFileTimestamps = false
    reproducibleFileOrder = true
  }
  // Failed tests are judged in the build phase, which runs them again without network.
  if (setting('resolving')) project.tasks.withType(Test) { ignoreFailures = true }
  if (setting('coverage')) project.plugins.withId('java') {
    project.plugins.apply('jacoco')
    project.jacoco.toolVersion = setting('coverage')
    project.tasks.getByName('jacocoTestReport').reports.xml.with { xml ->
      if (xml.hasProperty('required')) xml.required = true else xml.enabled = true
    }
    project.tasks.getByName('test').finalizedBy('jacocoTestReport')
  }
}

if (gradle.parent == null) gradle.projectsEvaluated {
  def driver = gradle.rootProject.project(setting('driver'))
  def jar = setting('task') ? driver.tasks.findByName(setting('task')) : driver.tasks.findByName('shadowJar') ?: driver.tasks.findByName('jar')
  if (jar == null)
    throw new GradleException('Slow Lane: the project ' + driver.path + ' has no task ' + (setting('task') ?: 'jar') + ' (is the java plugin applied?)')
  driver.tasks.create('slowlaneArtifact', Sync) {
    from jar.outputs.files
    dependsOn jar
    into '/work/out/jar'
  }
  if (setting('libraries')) driver.tasks.create('slowlaneLibraries', Sync) {
    from driver.configurations.getByName('runtimeClasspath')
    into '/work/out/lib'
    duplicatesStrategy = DuplicatesStrategy.FAIL
    // A shadow plugin that a parent or a convention applies is seen only here: its JAR holds the libraries.
    enabled = jar.name != 'shadowJar'
  }
  driver.tasks.create('slowlaneTest') {
    def test = driver.tasks.findByName('test')
    if (test != null) dependsOn test
    def classpath = driver.configurations.findByName('testRuntimeClasspath')
    if (classpath != null) dependsOn classpath.getTaskDependencyFromProjectDependency(true, 'test')
  }
}
`;

/**
 * What can be read off a build file without running it. Build files are programs: a plan needs few facts of them, and where the text
 * leaves one open, the author says it under `build.options`.
 */

/** Comments away, text literals kept: what a pattern finds is then code. */
export function codeOf(text: string): string {
  return text.replace(
    /("""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    (_, literal: string | undefined) => literal ?? ' ',
  );
}

/** Project paths of all `include` calls, without the first colon: `app`, `jobs:daily`. */
export function includedProjects(code: string): string[] {
  const calls = code.matchAll(/(?<![A-Za-z0-9_.])include\b[ \t]*\(?((?:[\s,]*(?:"[^"\n$]*"|'[^'\n]*'))+)/g);
  const names = [...calls].flatMap(([, list]) => [...(list as string).matchAll(/["']([^"']+)["']/g)]);
  return [...new Set(names.map(([, name]) => (name as string).replace(/^:/, '')))];
}

/** Folders that the settings give to projects: `project(':app').projectDir = file('driver')`. */
export function projectFolders(code: string): Map<string, string> {
  const moves = code.matchAll(
    /project\(\s*["']:?([^"']+)["']\s*\)\.projectDir\s*=\s*(?:new\s+)?[Ff]ile\(\s*(?:(?:settingsDir|rootDir|rootProject\.projectDir)\s*,\s*)?["']([^"'$]+)["']/g,
  );
  return new Map([...moves].map(([, name, folder]) => [name as string, (folder as string).replace(/^\.\//, '')]));
}

/** Plugins from the plugin portal have a version: those of Gradle itself have none. */
export function hasPortalPlugins(code: string): boolean {
  return /\b(?:id|kotlin)[ \t]*\(?[ \t]*["'][^"'\n]+["'][ \t]*\)?[ \t]*version\b/.test(code);
}

/** Tasks of the type Jar that the build file makes itself, apart from those for sources, documentation and tests. */
export function jarTasks(code: string): string[] {
  const made = [
    ...code.matchAll(/\btasks\.(?:register|create)[ \t]*\(?[ \t]*["']([^"']+)["'][ \t]*,[ \t]*(?:Jar|ShadowJar)\b/g),
    ...code.matchAll(/\btasks\.(?:register|create)[ \t]*<(?:Jar|ShadowJar)>[ \t]*\([ \t]*["']([^"']+)["']/g),
    ...code.matchAll(
      /\bval[ \t]+([A-Za-z0-9_]+)[ \t]+by[ \t]+tasks\.(?:registering|creating)[ \t]*\([ \t]*(?:Jar|ShadowJar)::/g,
    ),
    ...code.matchAll(/\btask[ \t]+["']?([A-Za-z0-9_]+)["']?[ \t]*\([ \t]*type[ \t]*:[ \t]*(?:Jar|ShadowJar)\b/g),
  ].map(([, name]) => name as string);
  return [...new Set(made)].filter((name) => !/source|javadoc|groovydoc|dokka|test/i.test(name));
}

export function hasShadow(code: string): boolean {
  return /["'](?:com\.github\.johnrengelman\.shadow|com\.gradleup\.shadow)["']/.test(code);
}

/** A JAR that is filled with its unpacked libraries. */
export function unpacksLibraries(code: string): boolean {
  return /\bzipTree\b/.test(code);
}

/** The Java version of `JavaLanguageVersion.of(21)`. */
export function javaToolchain(code: string): string | undefined {
  return /\bJavaLanguageVersion\.of\([ \t]*["']?(\d{1,3})/.exec(code)?.[1];
}

import { scalaCode } from './scala-code.ts';

/** What can be read off sbt files without running them. Only literals count: a computed value is left to sbt. */
export interface BuildDefinition {
  scalaVersion: string | undefined;
  /** Literals of `crossScalaVersions`. */
  crossVersions: string[];
  projects: ProjectDefinition[];
}

export interface ProjectDefinition {
  name: string;
  /** Folder relative to the build; by sbt's rule a project without `in file(…)` lives in a folder of its own name. */
  folder: string;
  /** Built for JVM, JS and native at once (`crossProject`, `projectMatrix`): its projects have names that only sbt knows. */
  isMatrix: boolean;
}

export function readBuildDefinition(text: string): BuildDefinition {
  const code = scalaCode(text);
  return {
    scalaVersion: /\bscalaVersion\s*:=\s*"([^"\n]{1,40})"/.exec(code)?.[1],
    crossVersions: crossVersionsIn(code),
    projects: projectsIn(code),
  };
}

/** The version literal of `addSbtPlugin("group" % "name" % "version")`. */
export function sbtPluginVersion(text: string, name: string): string | undefined {
  for (const match of scalaCode(text).matchAll(
    /"([^"\n]{1,100})"\s*%{1,2}\s*"([^"\n]{1,100})"\s*%\s*"([^"\n]{1,60})"/g,
  ))
    if (match[2] === name) return match[3];
  return undefined;
}

/** Literals, and names of `val`s that are literals. */
function crossVersionsIn(code: string): string[] {
  const list = /\bcrossScalaVersions\s*:=\s*(?:Seq|List|Vector)\s*\(([^)]{0,500})\)/.exec(code)?.[1] ?? '';
  return list.split(',').flatMap((item) => versionOf(item.trim(), code) ?? []);
}

function versionOf(item: string, code: string): string | undefined {
  const literal = /^"([^"\n]{1,40})"$/.exec(item)?.[1];
  if (literal !== undefined || !/^\w{1,40}$/.test(item)) return literal;
  return new RegExp(`\\bval\\s+${item}\\s*(?::\\s*String\\s*)?=\\s*"([^"\\n]{1,40})"`).exec(code)?.[1];
}

function projectsIn(code: string): ProjectDefinition[] {
  const definition =
    /\bval\s+(`[^`\n]{1,60}`|\w{1,60})\s*(?::\s*[\w.]{1,40}\s*)?=\s*\(?\s*(project|Project|crossProject|projectMatrix)\b/g;
  return [...code.matchAll(definition)].map((match) => {
    const name = (match[1] as string).replaceAll('`', '');
    const kind = match[2] as string;
    const folder = folderOf(code.slice(match.index + match[0].length), kind) ?? name;
    return { name, folder, isMatrix: kind === 'crossProject' || kind === 'projectMatrix' };
  });
}

function folderOf(rest: string, kind: string): string | undefined {
  const pattern =
    kind === 'Project'
      ? /^\s*\(\s*"[^"\n]{1,60}"\s*,\s*file\(\s*"([^"\n]{1,200})"/
      : /^\s*\.?\s*in\s*\(?\s*file\s*\(\s*"([^"\n]{1,200})"/;
  return pattern.exec(rest)?.[1];
}

import { describe, expect, it } from 'vitest';
import { readBuildDefinition, sbtPluginVersion } from './build-definition.ts';

describe('readBuildDefinition', () => {
  it('reads literals, and nothing of what is commented out', () => {
    const text =
      '// scalaVersion := "2.12.1"\nThisBuild / scalaVersion := "2.13.16"\ncrossScalaVersions := Seq("2.13.16", "3.3.6")';
    expect(readBuildDefinition(text)).toEqual({
      scalaVersion: '2.13.16',
      crossVersions: ['2.13.16', '3.3.6'],
      projects: [],
    });
  });

  it('follows the name of a literal', () => {
    const text =
      'val scala212 = "2.12.20"\nval scala213: String = "2.13.16"\ncrossScalaVersions := List(scala212, scala213)';
    expect(readBuildDefinition(text).crossVersions).toEqual(['2.12.20', '2.13.16']);
  });

  it('leaves computed values to sbt', () => {
    const text = 'scalaVersion := sys.env("SCALA")\ncrossScalaVersions := Seq(scalaVersion.value)';
    expect(readBuildDefinition(text)).toMatchObject({ scalaVersion: undefined, crossVersions: [] });
  });

  it.each([
    ['lazy val root = (project in file("."))', [{ name: 'root', folder: '.', isMatrix: false }]],
    ['val app = project.in(file("modules/app"))', [{ name: 'app', folder: 'modules/app', isMatrix: false }]],
    [
      'lazy val core = project\nlazy val `my-app` = project.dependsOn(core)',
      [
        { name: 'core', folder: 'core', isMatrix: false },
        { name: 'my-app', folder: 'my-app', isMatrix: false },
      ],
    ],
    ['val old = Project("old", file("."))', [{ name: 'old', folder: '.', isMatrix: false }]],
    ['lazy val shared = crossProject(JVMPlatform)', [{ name: 'shared', folder: 'shared', isMatrix: true }]],
    ['val projectName = "project"\nval x = projectSettings', []],
  ])('finds the projects of %s', (text, projects) => {
    expect(readBuildDefinition(text).projects).toEqual(projects);
  });
});

describe('sbtPluginVersion', () => {
  it('finds a plugin that is really there', () => {
    const line = 'addSbtPlugin("com.eed3si9n" % "sbt-assembly" % "2.3.1")';
    expect(sbtPluginVersion(line, 'sbt-assembly')).toBe('2.3.1');
    expect(sbtPluginVersion(`// ${line}`, 'sbt-assembly')).toBeUndefined();
    expect(sbtPluginVersion(line, 'assembly')).toBeUndefined();
  });
});

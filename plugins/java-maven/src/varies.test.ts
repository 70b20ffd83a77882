import { describe, expect, it } from 'vitest';
import { readPom } from './pom.ts';
import { variesOf } from './varies.ts';

const ours = { version: '3.9.16', sha256: undefined, source: "Slow Lane's default" };
const wrapper = { version: '3.8.8', sha256: undefined, source: '.mvn/wrapper/maven-wrapper.properties' };

function pluginsIn(plugins: string, place = 'plugins'): ReturnType<typeof pluginsOf> {
  return pluginsOf(
    `<project><build>${place === 'plugins' ? plugins : `<pluginManagement>${plugins}</pluginManagement>`}</build></project>`,
  );
}

function pluginsOf(pom: string) {
  const { plugins = [], managed = [] } = readPom(pom) ?? {};
  return [...plugins, ...managed];
}

function jarPlugin(version: string): string {
  return `<plugins><plugin><artifactId>maven-jar-plugin</artifactId>${version}</plugin></plugins>`;
}

describe('why a build with Maven may give other bytes each time', () => {
  it('there is no reason with the JAR plugin of Maven 3.9, or a later one of the project', () => {
    expect(variesOf(ours, [])).toEqual([]);
    expect(variesOf(ours, pluginsIn(jarPlugin('<version>3.2.0</version>')))).toEqual([]);
    expect(variesOf(wrapper, pluginsIn(jarPlugin('<version>3.4.2</version>'), 'managed'))).toEqual([]);
  });

  it('an old JAR plugin is named, of the project or of its Maven', () => {
    expect(variesOf(ours, pluginsIn(jarPlugin('<version>3.1.2</version>')))).toEqual([
      expect.stringMatching(/^maven-jar-plugin 3\.1\.2 .*3\.2\.0 or later/),
    ]);
    expect(variesOf(wrapper, [])).toEqual([expect.stringMatching(/Maven 3\.8\.8 \(\.mvn\/wrapper/)]);
  });

  it('a version that only Maven can tell is not judged', () => {
    expect(variesOf(ours, pluginsIn(jarPlugin('<version>${jar.plugin}</version>')))).toEqual([]);
  });
});

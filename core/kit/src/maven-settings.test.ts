import { describe, expect, it } from 'vitest';
import { centralOfPom, mirrorsCentral, readMavenMirrors } from './maven-settings.ts';

describe('readMavenMirrors', () => {
  it('gives the mirrors that are no comment, in their order', () => {
    const settings = `<?xml version="1.0"?><settings xmlns="http://maven.apache.org/SETTINGS/1.2.0"><mirrors>
      <!-- <mirror><id>old</id><mirrorOf>*</mirrorOf><url>https://old.example.org/</url></mirror> -->
      <mirror><id>inner</id><mirrorOf>internal</mirrorOf><url>https://a.example.org/</url></mirror>
      <mirror><id>company</id><mirrorOf>*,!internal</mirrorOf><url>https://b.example.org/maven/</url></mirror>
    </mirrors></settings>`;
    expect(readMavenMirrors(settings)).toEqual([
      { id: 'inner', mirrorOf: 'internal', url: 'https://a.example.org/' },
      { id: 'company', mirrorOf: '*,!internal', url: 'https://b.example.org/maven/' },
    ]);
  });

  it.each(['', 'no xml', '<settings/>', '<settings><mirrors/></settings>', '<!DOCTYPE x []><settings/>'])(
    'finds none in %j',
    (text) => {
      expect(readMavenMirrors(text)).toEqual([]);
    },
  );
});

describe('mirrorsCentral', () => {
  it.each(['*', 'central', 'external:*', 'a, central', '*,!internal'])('says yes to %s', (text) => {
    expect(mirrorsCentral(text)).toBe(true);
  });
  it.each(['internal', '*,!central', 'external:http:*', ''])('says no to %j', (text) => {
    expect(mirrorsCentral(text)).toBe(false);
  });
});

describe('centralOfPom', () => {
  it('finds the repository named central', () => {
    const pom =
      '<project><repositories><repository><id>central</id><url>https://c.example.org/maven2</url></repository></repositories></project>';
    expect(centralOfPom(pom)).toBe('https://c.example.org/maven2');
    expect(centralOfPom(pom.replace('>central<', '>other<'))).toBeUndefined();
    expect(centralOfPom('')).toBeUndefined();
  });
});

import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { learnGradle } from './learn-gradle.ts';

describe('learnGradle', () => {
  it.skipIf(!existsSync('/usr/share/gradle/lib'))('reads the addresses off the installed Gradle', async () => {
    const { dist, plugins } = await learnGradle(['/no/such/folder', '/usr/share/gradle']);
    expect(dist).toMatchObject({ url: expect.stringMatching(/^https:\/\/.+\/distributions$/) });
    expect(dist?.from).toMatch(/^default of the installed Gradle, in \/usr\/share\/gradle\/lib\//);
    expect(plugins).toMatchObject({ url: expect.stringMatching(/^https:\/\/.+\/m2$/) });
  });

  it('knows nothing without one', async () => {
    expect(await learnGradle(['/no/such/folder'])).toEqual({});
  });
});

import { createMemoryBlobStore } from '@slowlane/testkit';
import { putJson } from '@slowlane/artifacts';
import { describe, expect, it } from 'vitest';
import { isFloating, keepRecord, readRecord, whyAgain } from './dependency-record.ts';

const jar = { path: '/maven/a/b/1/b-1.jar', digest: `sha256:${'0'.repeat(64)}`, size: 3, immutable: true };
const versions = { ...jar, path: '/maven/a/b/maven-metadata.xml', immutable: false };
const day = 86_400_000;

describe('a dependency set', () => {
  it('floats when a list of versions or an index was asked for', () => {
    expect(isFloating({ served: [jar] })).toBe(false);
    expect(isFloating({ served: [jar, versions] })).toBe(true);
  });

  it('is resolved again when it floats and is old, and only then', () => {
    const at = { now: 10 * day, maxAgeMs: day };
    expect(whyAgain({ served: [jar], resolvedAt: 0 }, at)).toBeUndefined();
    expect(whyAgain({ served: [versions], resolvedAt: 9.5 * day }, at)).toBeUndefined();
    expect(whyAgain({ served: [versions], resolvedAt: 7 * day }, at)).toMatch(/build\.refresh_after/);
  });

  it('is unknown when its record is gone, or is none', async () => {
    const blobs = createMemoryBlobStore();
    const kept = await keepRecord(blobs, { served: [jar], resolvedAt: 5 });
    expect(await readRecord(blobs, kept)).toEqual({ served: [jar], resolvedAt: 5 });
    expect(await readRecord(blobs, `sha256:${'1'.repeat(64)}`)).toBeUndefined();
    expect(await readRecord(blobs, (await putJson(blobs, [jar])).digest)).toBeUndefined();
  });
});

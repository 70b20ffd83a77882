import { describe, expect, it } from 'vitest';
import { classArchive } from './class-archive.ts';

describe('classArchive', () => {
  it('is written by one phase and read by the other, under one name', () => {
    const [write, read] = [classArchive('17.0.15', 'write')[0], classArchive('17.0.15', 'read')[0]];
    expect(write).toMatch(/^-XX:ArchiveClassesAtExit=\/work\/home\//);
    expect(read?.split('=')[1]).toBe(write?.split('=')[1]);
  });

  it.each(['1.8.0_402', '8', '11.0.2'])('is not for JDK %s, which would refuse to start', (jdk) => {
    expect(classArchive(jdk, 'write')).toEqual([]);
    expect(classArchive(jdk, 'read')).toEqual([]);
  });
});

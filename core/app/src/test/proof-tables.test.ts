import { abuseTests } from '@slowlane/abuse';
import { pushStages, type PushStage } from '@slowlane/testkit';
import { describe, expect, it } from 'vitest';
import { abuseProof, languageTable, type Seen } from './proof-tables.ts';

const push = (language: string, stages: PushStage[], isGood = true): Seen => ({
  note: { kind: 'stages', language, stages },
  isGood,
});

describe('language x stage', () => {
  it('counts pushes by stage, and tells what nobody has run from what failed', () => {
    const { head, rows } = languageTable(
      [
        push('python', ['detect', 'plan']),
        push('python', ['detect']),
        push('go', ['run']),
        push('r', ['build'], false),
        { note: { kind: 'refused-stages', language: 'r', stages: ['build', 'test'], reason: 'no' }, isGood: true },
        { note: { kind: 'refused-stages', language: 'r', stages: ['run'], reason: 'no' }, isGood: false },
      ],
      ['python', 'r'],
    );
    const cell = (language: string, stage: PushStage) =>
      rows.find(([name]) => name === language)?.[head.indexOf(stage)];
    expect(head).toEqual(['language', ...pushStages]);
    expect(rows.map(([name]) => name)).toEqual(['python', 'r', 'go']);
    expect(cell('python', 'detect')).toBe('2');
    expect(cell('python', 'plan')).toBe('1');
    expect(cell('python', 'run')).toBe('not run here');
    expect(cell('go', 'run')).toBe('1');
    expect(cell('r', 'build')).toBe('FAILED');
    expect(cell('r', 'test')).toBe('none: no');
    expect(cell('r', 'run')).toBe('not run here');
  });
});

describe('driver x abuse test', () => {
  const held = (id: string) => ({ id, attacks: 2, held: 2, ok: true });

  it('counts attacks, and takes a test that was skipped for one that failed unless the tier does not claim it', () => {
    const rows = [
      { ...held('1'), held: 1, ok: false },
      { ...held('2'), notClaimed: 'no counter' },
      ...abuseTests.slice(3).map(({ id }) => held(id)),
    ];
    const note = { kind: 'abuse', driver: 'docker', tier: 'oci', rows } as const;
    const table = abuseProof([{ note: { ...note, rows: [...rows] }, isGood: false }], ['docker', 'podman']);
    const cells = (id: string) => table.rows.find(([name]) => name?.replace(' *', '') === id)?.slice(2);
    expect(table.head).toEqual(['test', 'attack', 'docker', 'podman']);
    expect(table.rows).toHaveLength(abuseTests.length);
    expect(cells('1')).toEqual(['FAILED: 1 of 2', 'not run here']);
    expect(cells('2')).toEqual(['not claimed', 'not run here']);
    expect(cells('3')).toEqual(['FAILED: skipped', 'not run here']);
    expect(cells('4')).toEqual(['2 of 2', 'not run here']);
  });
});

import { describe, expect, it } from 'vitest';
import { allowedCalls, refusedCalls } from './allowed-calls.ts';
import { arm64 } from './arm64.ts';
import { absentCalls, callRules } from './call-rules.ts';
import type { CallTable } from './call-table.ts';
import { differingFrom, dockerProfile } from './docker-profile.ts';
import type { DockerProfile } from './docker-profile.ts';
import { filterProgram, seccompFilter } from './filter.ts';
import type { Instruction } from './instructions.ts';
import { x86_64 } from './x86-64.ts';

const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;
const namespaceFlags = [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000];

describe.each<[string, CallTable]>([
  ['x86_64', x86_64],
  ['arm64', arm64],
])('filter for %s', (_, table) => {
  const program = filterProgram(table);
  const has = (name: string): boolean => name in table.numbers;
  const judge = (name: string, args: number[] = []): string =>
    interpret(program, { number: table.numbers[name] ?? -1, args, audit: table.audit });

  it('kills calls of another processor type', () => {
    expect(interpret(program, { number: 1, args: [], audit: 0x40000003 })).toBe('kill');
  });

  it('allows what is listed, refuses what is a way out, and tells libc to fall back', () => {
    for (const name of allowedCalls.filter(has)) expect([name, judge(name)]).toEqual([name, 'allow']);
    for (const name of refusedCalls.filter(has)) expect([name, judge(name)]).toEqual([name, `errno ${EPERM}`]);
    for (const name of absentCalls) expect(judge(name)).toBe(`errno ${ENOSYS}`);
  });

  it('does not know a call that nobody has read about', () => {
    const known = new Set(Object.values(table.numbers));
    const others = Array.from({ length: 1_024 }, (__, number) => number).filter((number) => !known.has(number));
    for (const number of others)
      expect(interpret(program, { number, args: [], audit: table.audit })).toBe(`errno ${ENOSYS}`);
  });

  it('allows sockets of the four families only', () => {
    for (const family of [1, 2, 10, 16]) expect(judge('socket', [family])).toBe('allow');
    for (const family of [0, 17, 29, 31, 38, 40, 44]) expect(judge('socket', [family])).toBe(`errno ${EAFNOSUPPORT}`);
    expect(judge('socketpair', [1])).toBe('allow');
    expect(judge('socketpair', [2])).toBe(`errno ${EAFNOSUPPORT}`);
  });

  it('allows threads and processes, and no clone into a new namespace', () => {
    expect(judge('clone', [0x3d0f00])).toBe('allow');
    expect(judge('clone', [0x01200011])).toBe('allow');
    for (const flag of namespaceFlags) expect(judge('clone', [flag | 17])).toBe(`errno ${EPERM}`);
  });

  it('refuses to type into a terminal, and personalities that weaken a program', () => {
    expect(judge('ioctl', [0, 0x5412])).toBe(`errno ${EPERM}`);
    expect(judge('ioctl', [0, 0x541c])).toBe(`errno ${EPERM}`);
    expect(judge('ioctl', [0, 0x5401])).toBe('allow');
    expect(judge('personality', [0xffffffff])).toBe('allow');
    expect(judge('personality', [0x400000])).toBe(`errno ${EPERM}`);
  });

  it('refuses modes with a set-id bit, where the mode counts', () => {
    for (const rule of callRules.filter(({ call }) => has(call))) {
      if (rule.kind === 'without' && rule.call !== 'clone') {
        expect(judge(rule.call, put(rule.argument, 0o4755))).toBe(`errno ${EPERM}`);
        expect(judge(rule.call, put(rule.argument, 0o2755))).toBe(`errno ${EPERM}`);
        expect(judge(rule.call, put(rule.argument, 0o1777))).toBe('allow');
      }
      if (rule.kind !== 'creates') continue;
      const args = (flags: number, mode: number): number[] => put(rule.mode, mode, put(rule.flags, flags));
      expect(judge(rule.call, args(0x40, 0o4755))).toBe(`errno ${EPERM}`);
      expect(judge(rule.call, args(0x400000, 0o2755))).toBe(`errno ${EPERM}`);
      expect(judge(rule.call, args(0x40, 0o644))).toBe('allow');
      // Without O_CREAT the mode is whatever was in the register.
      expect(judge(rule.call, args(0, 0o6777))).toBe('allow');
    }
  });
});

describe('filter', () => {
  it('answers the x32 table with ENOSYS', () => {
    expect(interpret(filterProgram(x86_64), { number: 0x40000027, args: [], audit: x86_64.audit })).toBe(
      `errno ${ENOSYS}`,
    );
  });

  it('has every call in one list only, or a later rule would be dead', () => {
    const all = [...allowedCalls, ...refusedCalls, ...absentCalls, ...callRules.map((rule) => rule.call)];
    expect(all.length).toBe(new Set(all).size);
    for (const name of all) expect([name, name in x86_64.numbers || name in arm64.numbers]).toEqual([name, true]);
  });

  it('fits the kernel, and is absent for a processor without a table', () => {
    const { length } = filterProgram(x86_64);
    expect(seccompFilter('x64')?.length).toBe(length * 8);
    expect(length).toBeLessThan(4_096);
    expect(seccompFilter('s390x')).toBeUndefined();
  });
});

describe('profile for container engines', () => {
  it.each<[string, CallTable]>([
    ['x64', x86_64],
    ['arm64', arm64],
  ])('allows on %s exactly what the filter allows', (arch, table) => {
    const program = filterProgram(table);
    const profile = dockerProfile(arch) as DockerProfile;
    const values = [
      ...[0, 1, 2, 8, 10, 16, 17, 40, 0x40, 0x41, 0x5401, 0x5412, 0x541c, 0x5413, 0x20000, 0x20008, 0x400000],
      ...[0o644, 0o755, 0o1777, 0o2755, 0o4755, 0x410000, 0xffffffff, ...namespaceFlags],
    ];
    for (const [name, number] of Object.entries(table.numbers)) {
      for (const a of values)
        for (const b of values) {
          const args = [a, b, a, b, 0, 0];
          const ours = interpret(program, { number, args, audit: table.audit }) === 'allow';
          if (ours !== isAllowedBy(profile, name, args))
            expect([name, args, 'ours', ours]).toEqual(['the', 'profile', 'differs']);
        }
    }
  });

  it('says "none of these values" for every pattern of 32 bits near them', () => {
    const conditions = differingFrom([0x5412, 0x541c]);
    const matches = (value: number): boolean => conditions.some((one) => (value & one.mask) >>> 0 === one.value);
    for (const value of [0x5412, 0x541c]) {
      expect(matches(value)).toBe(false);
      for (let bit = 0; bit < 32; bit++) expect(matches((value ^ (1 << bit)) >>> 0)).toBe(true);
    }
    for (const value of [0, 0x5410, 0x541e, 0x5416, 0xffffffff]) expect(matches(value)).toBe(true);
  });
});

function isAllowedBy(profile: DockerProfile, name: string, args: number[]): boolean {
  return profile.syscalls
    .filter((entry) => entry.action === 'SCMP_ACT_ALLOW' && entry.names.includes(name))
    .some((entry) =>
      (entry.args ?? []).every(({ index, value, valueTwo }) => ((args[index] ?? 0) & value) >>> 0 === valueTwo),
    );
}

function put(index: number, value: number, args: number[] = [0, 0, 0, 0, 0, 0]): number[] {
  return args.map((one, at) => (at === index ? value : one));
}

/** What the kernel would answer: classic BPF over `struct seccomp_data`. */
function interpret(program: readonly Instruction[], call: { number: number; args: number[]; audit: number }): string {
  const data = new Map<number, number>([
    [0, call.number],
    [4, call.audit],
    ...call.args.map((value, index): [number, number] => [16 + 8 * index, value]),
  ]);
  let loaded = 0;
  for (let at = 0; at < program.length; at++) {
    const { code, value, jumpTrue, jumpFalse } = program[at] as Instruction;
    const jump = (condition: boolean): void => void (at += condition ? jumpTrue : jumpFalse);
    if (code === 0x20) loaded = data.get(value) ?? 0;
    else if (code === 0x15) jump(loaded === value);
    else if (code === 0x35) jump(loaded >= value);
    else if (code === 0x45) jump((loaded & value) !== 0);
    else if (value === 0x7fff0000) return 'allow';
    else if (value === 0x80000000) return 'kill';
    else return `errno ${value & 0xffff}`;
  }
  throw new Error('the program has no end');
}

import { describe, expect, it } from 'vitest';
import { arm64 } from './arm64.ts';
import type { CallTable } from './call-table.ts';
import { filterProgram, seccompFilter } from './filter.ts';
import type { Instruction } from './instructions.ts';
import { x86_64 } from './x86-64.ts';

const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

describe.each<[string, CallTable]>([
  ['x86_64', x86_64],
  ['arm64', arm64],
])('filter for %s', (_, table) => {
  const program = filterProgram(table);
  const judge = (number: number, args: number[] = [], audit = table.audit): string =>
    interpret(program, { number, args, audit });

  it('kills calls of another processor type', () => {
    expect(judge(1, [], 0x40000003)).toBe('kill');
  });

  it('refuses what is never needed, and tells libc to fall back', () => {
    for (const number of Object.values(table.denied)) expect(judge(number)).toBe(`errno ${EPERM}`);
    for (const number of Object.values(table.absent)) expect(judge(number)).toBe(`errno ${ENOSYS}`);
  });

  it('allows sockets of the four families only', () => {
    for (const family of [1, 2, 10, 16]) expect(judge(table.socket, [family])).toBe('allow');
    for (const family of [0, 17, 29, 31, 38, 40, 44])
      expect(judge(table.socket, [family])).toBe(`errno ${EAFNOSUPPORT}`);
    expect(judge(table.socketpair, [1])).toBe('allow');
    expect(judge(table.socketpair, [2])).toBe(`errno ${EAFNOSUPPORT}`);
  });

  it('allows threads and processes, and no clone into a new namespace', () => {
    expect(judge(table.clone, [0x3d0f00])).toBe('allow');
    expect(judge(table.clone, [0x01200011])).toBe('allow');
    for (const flag of [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000]) {
      expect(judge(table.clone, [flag | 17])).toBe(`errno ${EPERM}`);
    }
  });

  it('refuses to type into a terminal', () => {
    expect(judge(table.ioctl, [0, 0x5412])).toBe(`errno ${EPERM}`);
    expect(judge(table.ioctl, [0, 0x541c])).toBe(`errno ${EPERM}`);
    expect(judge(table.ioctl, [0, 0x5401])).toBe('allow');
  });

  it('refuses modes with a set-id bit, where the mode counts', () => {
    for (const call of table.modes) {
      expect(judge(call.number, put(call.mode, 0o4755))).toBe(`errno ${EPERM}`);
      expect(judge(call.number, put(call.mode, 0o2755))).toBe(`errno ${EPERM}`);
      expect(judge(call.number, put(call.mode, 0o1777))).toBe('allow');
    }
    for (const call of table.creates) {
      const args = (flags: number, mode: number): number[] => put(call.mode, mode, put(call.flags, flags));
      expect(judge(call.number, args(0x40, 0o4755))).toBe(`errno ${EPERM}`);
      expect(judge(call.number, args(0x400000, 0o2755))).toBe(`errno ${EPERM}`);
      expect(judge(call.number, args(0x40, 0o644))).toBe('allow');
      // Without O_CREAT the mode is whatever was in the register.
      expect(judge(call.number, args(0, 0o6777))).toBe('allow');
    }
  });
});

describe('filter', () => {
  it('answers the x32 table with ENOSYS', () => {
    expect(interpret(filterProgram(x86_64), { number: 0x40000027, args: [], audit: x86_64.audit })).toBe(
      `errno ${ENOSYS}`,
    );
  });

  it('has no number twice, which would make a later rule dead', () => {
    for (const table of [x86_64, arm64]) {
      const special = [
        table.socket,
        table.socketpair,
        table.clone,
        table.ioctl,
        ...table.modes.map((one) => one.number),
        ...table.creates.map((one) => one.number),
      ];
      const all = [...Object.values(table.denied), ...Object.values(table.absent), ...special];
      expect(all.length).toBe(new Set(all).size);
    }
  });

  it('is 8 bytes per instruction, and absent for a processor without a table', () => {
    expect(seccompFilter('x64')?.length).toBe(filterProgram(x86_64).length * 8);
    expect(seccompFilter('s390x')).toBeUndefined();
  });
});

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

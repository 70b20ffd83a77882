import { allowedCalls } from './allowed-calls.ts';
import { absentCalls, callRules, ENOSYS, EPERM, setIdBits } from './call-rules.ts';
import type { CallRule } from './call-rules.ts';
import type { CallTable } from './call-table.ts';
import { callTable } from './filter.ts';

export interface DockerProfile {
  defaultAction: string;
  defaultErrnoRet: number;
  architectures: string[];
  syscalls: DockerSyscall[];
}

interface DockerSyscall {
  names: string[];
  action: string;
  errnoRet?: number;
  args?: { index: number; value: number; valueTwo?: number; op: string }[];
}

/**
 * The same filter as a profile of container engines, for `process.arch`. Several entries of one call are alternatives. Conditions are masked to the low 32
 * bits, as in our own filter: a plain comparison looks at 64, and the kernel at 32.
 * @see https://github.com/opencontainers/runtime-spec/blob/main/config-linux.md#seccomp
 */
export function dockerProfile(arch: string): DockerProfile | undefined {
  const table = callTable(arch);
  if (table === undefined) return undefined;
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: EPERM,
    architectures: [arch === 'x64' ? 'SCMP_ARCH_X86_64' : 'SCMP_ARCH_AARCH64'],
    syscalls: [
      allowed(allowedCalls.filter((name) => name in table.numbers)),
      { names: [...absentCalls], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS },
      ...callRules.filter((rule) => rule.call in table.numbers).flatMap((rule) => entriesOf(rule, table)),
    ],
  };
}

type Condition = { index: number; mask: number; value: number };

function entriesOf(rule: CallRule, table: CallTable): DockerSyscall[] {
  switch (rule.kind) {
    case 'one-of':
      return rule.values.map((value) => allowedWhen(rule.call, { index: rule.argument, mask: 0xffffffff, value }));
    case 'none-of':
      return differingFrom(rule.values).map((one) => allowedWhen(rule.call, { index: rule.argument, ...one }));
    case 'without':
      return [allowedWhen(rule.call, { index: rule.argument, mask: rule.mask, value: 0 })];
    case 'creates':
      return [
        allowedWhen(rule.call, { index: rule.flags, mask: table.createFlags, value: 0 }),
        allowedWhen(rule.call, { index: rule.mode, mask: setIdBits, value: 0 }),
      ];
  }
}

/**
 * "None of these values" in masked equalities, since a profile cannot say "and not" of one argument twice: a bit that all of them have alike is the
 * other way round, or the bits in which they differ are a pattern that none of them has.
 */
export function differingFrom(values: readonly number[]): { mask: number; value: number }[] {
  const bits = Array.from({ length: 32 }, (_, index) => 2 ** index);
  const isSet = (value: number, bit: number): boolean => Math.floor(value / bit) % 2 === 1;
  const mixed = bits.filter((bit) => new Set(values.map((value) => isSet(value, bit))).size > 1);
  const shared = bits.filter((bit) => !mixed.includes(bit));
  const flipped = shared.map((bit) => ({ mask: bit, value: isSet(values[0] ?? 0, bit) ? 0 : bit }));
  const patternOf = (of: number): number => mixed.reduce((sum, bit) => sum + (isSet(of, bit) ? bit : 0), 0);
  const taken = values.map(patternOf);
  const mask = mixed.reduce((sum, bit) => sum + bit, 0);
  const patterns = Array.from({ length: 2 ** mixed.length }, (_, index) =>
    mixed.reduce((sum, bit, at) => sum + (isSet(index, 2 ** at) ? bit : 0), 0),
  );
  return [...flipped, ...patterns.filter((pattern) => !taken.includes(pattern)).map((value) => ({ mask, value }))];
}

function allowed(names: string[]): DockerSyscall {
  return { names, action: 'SCMP_ACT_ALLOW' };
}

function allowedWhen(name: string, { index, mask, value }: Condition): DockerSyscall {
  return { ...allowed([name]), args: [{ index, value: mask, valueTwo: value, op: 'SCMP_CMP_MASKED_EQ' }] };
}

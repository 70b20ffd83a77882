import { allowedCalls, refusedCalls } from './allowed-calls.ts';
import { arm64 } from './arm64.ts';
import { callRules, ENOSYS, EPERM, setIdBits } from './call-rules.ts';
import type { CallRule } from './call-rules.ts';
import type { CallTable } from './call-table.ts';
import {
  allow,
  architecture,
  argument,
  assemble,
  callNumber,
  fail,
  ifAnyBit,
  ifAtLeast,
  ifEqual,
  killProcess,
  load,
} from './instructions.ts';
import type { Instruction } from './instructions.ts';
import { x86_64 } from './x86-64.ts';

const tables: Partial<Record<string, CallTable>> = { x64: x86_64, arm64 };

/** The calls of `process.arch`; undefined for a processor type without a table. */
export function callTable(arch: string): CallTable | undefined {
  return tables[arch];
}

/** The filter's bytes for `process.arch`; undefined for a processor type without a table. */
export function seccompFilter(arch: string): Buffer | undefined {
  const table = callTable(arch);
  return table === undefined ? undefined : assemble(filterProgram(table));
}

/** Allows what is known to be harmless, looks into some, refuses what is a way out, and knows nothing else. */
export function filterProgram(table: CallTable): Instruction[] {
  return [
    ...checkArchitecture(table),
    ...rangesOf(allowedCalls, table).flatMap(allowRange),
    ...callRules.flatMap((rule) => ruleFor(rule, table)),
    ...rangesOf(refusedCalls, table).flatMap(refuseRange),
    fail(ENOSYS),
  ];
}

function checkArchitecture(table: CallTable): Instruction[] {
  return [
    load(architecture),
    ifEqual(table.audit, 1, 0),
    killProcess(),
    load(callNumber),
    ...(table.foreignFrom === undefined ? [] : [ifAtLeast(table.foreignFrom, 0, 1), fail(ENOSYS)]),
  ];
}

interface Range {
  first: number;
  last: number;
}

/** Neighbouring numbers together: a call is found in a third of the steps. */
function rangesOf(names: readonly string[], table: CallTable): Range[] {
  const numbers = names.flatMap((name) => table.numbers[name] ?? []).sort((a, b) => a - b);
  const ranges: Range[] = [];
  for (const number of numbers) {
    const before = ranges.at(-1);
    if (before !== undefined && before.last + 1 >= number) before.last = number;
    else ranges.push({ first: number, last: number });
  }
  return ranges;
}

function allowRange(range: Range): Instruction[] {
  return within(range, allow());
}

function refuseRange(range: Range): Instruction[] {
  return within(range, fail(EPERM));
}

function within({ first, last }: Range, answer: Instruction): Instruction[] {
  if (first === last) return [ifEqual(first, 0, 1), answer];
  return [ifAtLeast(first, 0, 2), ifAtLeast(last + 1, 1, 0), answer];
}

/** Runs a body, which always returns, when the call is the rule's; the number is still loaded afterwards. */
function ruleFor(rule: CallRule, table: CallTable): Instruction[] {
  const number = table.numbers[rule.call];
  if (number === undefined) return [];
  const body = bodyOf(rule, table);
  return [ifEqual(number, 0, body.length), ...body];
}

function bodyOf(rule: CallRule, table: CallTable): Instruction[] {
  switch (rule.kind) {
    case 'one-of':
      return [load(argument(rule.argument)), ...anyOf(rule.values), fail(rule.errno), allow()];
    case 'none-of':
      return [load(argument(rule.argument)), ...anyOf(rule.values), allow(), fail(EPERM)];
    case 'without':
      return [load(argument(rule.argument)), ifAnyBit(rule.mask, 0, 1), fail(EPERM), allow()];
    case 'creates':
      return [
        ...[load(argument(rule.flags)), ifAnyBit(table.createFlags, 0, 3)],
        ...[load(argument(rule.mode)), ifAnyBit(setIdBits, 0, 1), fail(EPERM), allow()],
      ];
  }
}

/** Jumps over one instruction when the loaded value is one of them. */
function anyOf(values: readonly number[]): Instruction[] {
  return values.map((value, index) => ifEqual(value, values.length - index, 0));
}

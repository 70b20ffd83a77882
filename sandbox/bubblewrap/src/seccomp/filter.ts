import { arm64 } from './arm64.ts';
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

const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;
const AF = { unix: 1, inet: 2, inet6: 10, netlink: 16 };
/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET (NEWTIME cannot be given to clone). */
const CLONE_NEW = 0x7e020000;
/** The two ioctls that type into a terminal. */
const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;
const SET_ID_BITS = 0o6000;

const tables: Partial<Record<string, CallTable>> = { x64: x86_64, arm64 };

/** The filter's bytes for `process.arch`; undefined for a processor type without a table. */
export function seccompFilter(arch: string): Buffer | undefined {
  const table = tables[arch];
  return table === undefined ? undefined : assemble(filterProgram(table));
}

/** Denies what a build never needs and what has been a way out; everything else is allowed. */
export function filterProgram(table: CallTable): Instruction[] {
  return [
    ...checkArchitecture(table),
    ...Object.values(table.denied).flatMap((number) => [ifEqual(number, 0, 1), fail(EPERM)]),
    ...Object.values(table.absent).flatMap((number) => [ifEqual(number, 0, 1), fail(ENOSYS)]),
    ...block(table.socket, anyOf([AF.unix, AF.inet, AF.inet6, AF.netlink])),
    ...block(table.socketpair, anyOf([AF.unix])),
    ...block(table.clone, [load(argument(0)), ifAnyBit(CLONE_NEW, 0, 1), fail(EPERM), allow()]),
    ...block(table.ioctl, denyIoctls()),
    ...table.modes.flatMap((call) => block(call.number, denySetId(call.mode))),
    ...table.creates.flatMap((call) =>
      block(call.number, [load(argument(call.flags)), ifAnyBit(table.createFlags, 0, 3), ...denySetId(call.mode)]),
    ),
    allow(),
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

/** Runs `body`, which always returns, when the call number is `number`; the number is still loaded afterwards. */
function block(number: number, body: readonly Instruction[]): Instruction[] {
  return [ifEqual(number, 0, body.length), ...body];
}

function anyOf(families: readonly number[]): Instruction[] {
  return [
    load(argument(0)),
    ...families.map((family, index) => ifEqual(family, families.length - index, 0)),
    fail(EAFNOSUPPORT),
    allow(),
  ];
}

function denyIoctls(): Instruction[] {
  return [load(argument(1)), ifEqual(TIOCSTI, 1, 0), ifEqual(TIOCLINUX, 0, 1), fail(EPERM), allow()];
}

function denySetId(mode: number): Instruction[] {
  return [load(argument(mode)), ifAnyBit(SET_ID_BITS, 0, 1), fail(EPERM), allow()];
}

/** One classic BPF instruction; `jumpTrue` and `jumpFalse` count instructions to skip. */
export interface Instruction {
  code: number;
  value: number;
  jumpTrue: number;
  jumpFalse: number;
}

const LOAD = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_GREATER_OR_EQUAL = 0x35;
const JUMP_BIT_SET = 0x45;
const RETURN = 0x06;

/** Offsets in `struct seccomp_data`. */
export const callNumber = 0;
export const architecture = 4;
/** Low 32 bits of argument `index` (little-endian machines only: x86_64 and arm64). */
export function argument(index: number): number {
  return 16 + 8 * index;
}

export function load(offset: number): Instruction {
  return instruction(LOAD, offset);
}

export function ifEqual(value: number, jumpTrue: number, jumpFalse: number): Instruction {
  return { ...instruction(JUMP_EQUAL, value), jumpTrue, jumpFalse };
}

export function ifAtLeast(value: number, jumpTrue: number, jumpFalse: number): Instruction {
  return { ...instruction(JUMP_GREATER_OR_EQUAL, value), jumpTrue, jumpFalse };
}

export function ifAnyBit(value: number, jumpTrue: number, jumpFalse: number): Instruction {
  return { ...instruction(JUMP_BIT_SET, value), jumpTrue, jumpFalse };
}

export function allow(): Instruction {
  return instruction(RETURN, 0x7fff0000);
}

export function killProcess(): Instruction {
  return instruction(RETURN, 0x80000000);
}

export function fail(errno: number): Instruction {
  return instruction(RETURN, 0x00050000 | errno);
}

/** The bytes the kernel takes: `struct sock_filter[]`. */
export function assemble(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach((one, index) => {
    bytes.writeUInt16LE(one.code, index * 8);
    bytes[index * 8 + 2] = one.jumpTrue;
    bytes[index * 8 + 3] = one.jumpFalse;
    bytes.writeUInt32LE(one.value >>> 0, index * 8 + 4);
  });
  return bytes;
}

function instruction(code: number, value: number): Instruction {
  return { code, value: value >>> 0, jumpTrue: 0, jumpFalse: 0 };
}

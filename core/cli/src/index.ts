export type * from './command.ts';
export { runProgram, type ProgramOptions } from './program.ts';
export { commandReference } from './command-reference.ts';

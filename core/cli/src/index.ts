export type * from './command.ts';
export { runProgram, type ProgramOptions } from './program.ts';
export { commands } from './commands.ts';
export { commandReference } from './command-reference.ts';

export type * from './command.ts';
export { runProgram, type ProgramOptions } from './program.ts';

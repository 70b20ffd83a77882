import type { Command, CommandInput } from './command.ts';
import * as build from './commands/build.ts';
import * as local from './commands/local.ts';
import * as pipeline from './commands/pipeline.ts';
import * as platform from './commands/platform.ts';
import * as request from './commands/request.ts';

/** Every command, in the order of the help. */
export const commands: readonly Command<CommandInput>[] = [
  ...Object.values(local),
  ...Object.values(build),
  ...Object.values(pipeline),
  ...Object.values(request),
  ...Object.values(platform),
];

import { SlowLaneError, exitCodeOf, failureOf } from '@slowlane/contracts';
import { Command as Program, CommanderError } from 'commander';
import type { Command, CommandContext, CommandInput } from './command.ts';
import { commands } from './commands.ts';
import { groups } from './groups.ts';
import { createStyle } from './style.ts';

export interface ProgramOptions {
  version: string;
  context: Omit<CommandContext, 'json' | 'say' | 'write'>;
  stdout: { write(text: string): void; isTTY?: boolean };
  stderr: { write(text: string): void; isTTY?: boolean };
}

/**
 * Runs one command line. stdout holds the command's value and nothing else (with `--json` exactly one JSON document); progress and
 * problems go to stderr. Returns the exit code: 0, or the range of the failure's area (`exitCodeOf`).
 */
export async function runProgram(argv: readonly string[], options: ProgramOptions): Promise<number> {
  let exit = 0;
  const program = new Program('slowlane')
    .enablePositionalOptions()
    .description('From git push to a registered Databricks job, and from a REST request to its result.')
    .version(options.version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => options.stdout.write(text),
      writeErr: (text) => options.stderr.write(text),
      // Told below, in the form of every other failure.
      outputError: () => undefined,
    });
  for (const command of commands)
    addCommand(program, command, (input, json) =>
      runCommand(command, input, { ...options, json }).then((code) => void (exit = code)),
    );
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    return isHelp(error) ? exitCodeOf('cli.usage') : reportUsage(error, { argv, program, options });
  }
  return exit;
}

function addCommand(
  program: Program,
  command: Command<CommandInput>,
  act: (input: CommandInput, json: boolean) => Promise<void>,
): void {
  const words = command.name.split(' ');
  const leaf = words.pop() as string;
  const parent = words.reduce(
    (at, word, index) =>
      at.commands.find((known) => known.name() === word) ?? group(at, word, words.slice(0, index + 1).join(' ')),
    program,
  );
  const entry = parent.command(leaf).description(command.summary).exitOverride().enablePositionalOptions();
  if (command.details !== undefined) entry.addHelpText('after', `\n${command.details}`);
  for (const { form, help } of command.args ?? []) entry.argument(form, help);
  for (const { form, help, default: value, many } of command.options ?? []) {
    if (many === true) entry.option(form, help, (item: string, all: string[]) => [...all, item], []);
    else entry.option(form, help, value);
  }
  entry.option('--json', 'print one JSON document on stdout');
  entry.action(async (...given: unknown[]) => {
    const values = given.slice(0, entry.registeredArguments.length) as (string | string[] | undefined)[];
    const all = entry.opts() as Record<string, string | string[] | boolean | undefined>;
    await act(
      { args: values.flatMap((value) => (Array.isArray(value) ? value : [value])), options: all },
      all['json'] === true,
    );
  });
}

function group(parent: Program, word: string, path: string): Program {
  const summary = groups[path] ?? `${path} commands`;
  return parent.command(word).description(summary).exitOverride().enablePositionalOptions();
}

/** A group without a word behind it shows its help, and is still no command. */
function isHelp({ code }: CommanderError): boolean {
  return code === 'commander.help' || code === 'commander.helpDisplayed';
}

/** A wrong command line, told as every other failure: with the help that would have shown the right one. */
function reportUsage(
  { message }: CommanderError,
  { argv, program, options }: { argv: readonly string[]; program: Program; options: ProgramOptions },
): number {
  const error = new SlowLaneError('cli.usage', message.replace(/^error: /, '').replaceAll('\n', ' '), {
    hint: `Run: slowlane ${[...commandWords(program, argv), '--help'].join(' ')}`,
  });
  return report(error, { ...options, json: argv.includes('--json') });
}

function commandWords(program: Program, argv: readonly string[]): string[] {
  const next = program.commands.find((known) => known.name() === argv[0]);
  return next === undefined ? [] : [next.name(), ...commandWords(next, argv.slice(1))];
}

async function runCommand(
  command: Command<CommandInput>,
  input: CommandInput,
  options: ProgramOptions & { json: boolean },
): Promise<number> {
  const { stdout, stderr, json } = options;
  const style = createStyle(stdout.isTTY === true);
  const context: CommandContext = {
    ...options.context,
    json,
    say: (line) => stderr.write(`${line}\n`),
    write: (text) => (json ? stderr : stdout).write(text),
  };
  try {
    const value = await command.run(input, context);
    if (json) stdout.write(`${JSON.stringify(value, null, 2)}\n`);
    else for (const line of command.render?.(value, style) ?? []) stdout.write(`${line}\n`);
    return value !== null && typeof value === 'object' && 'exitCode' in value ? Number(value.exitCode) : 0;
  } catch (error) {
    return report(error, options);
  }
}

/** What broke, why, and what to do: for people three lines, for programs one document. */
function report(error: unknown, { stdout, stderr, json }: ProgramOptions & { json: boolean }): number {
  const failure = failureOf(error);
  if (json) stdout.write(`${JSON.stringify({ error: failure }, null, 2)}\n`);
  const style = createStyle(stderr.isTTY === true);
  stderr.write(
    `${style.bad('error')} ${failure.message}\n${style.dim(`  code  ${failure.code}`)}\n${style.dim('  hint ')} ${failure.hint}\n`,
  );
  if (failure.code === 'platform.unexpected' && error instanceof Error && !(error instanceof SlowLaneError))
    stderr.write(`${error.stack ?? ''}\n`);
  return exitCodeOf(failure.code);
}

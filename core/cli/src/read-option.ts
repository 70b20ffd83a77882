import { SlowLaneError } from '@slowlane/contracts';
import { parseDuration } from '@slowlane/kit';
import { type CommandInput, text } from './command.ts';

/** A whole number of at most nine digits. Throws `cli.usage` that names the option. */
export function wholeOption(input: CommandInput, name: string): number | undefined {
  const given = text(input, name);
  return given === undefined ? undefined : wholeNumber(given, `--${kebab(name)}`);
}

/** The same of an argument; `what` is how the help calls it. */
export function wholeNumber(given: string, what: string): number {
  if (!/^\d{1,9}$/.test(given)) throw usage(`${what} must be a whole number, but is "${given}"`);
  return Number(given);
}

/** `90s`, `15m`, `2h`, `7d` as milliseconds. Throws `cli.usage` that names the option. */
export function durationOption(input: CommandInput, name: string): number | undefined {
  const given = text(input, name);
  if (given === undefined) return undefined;
  try {
    return parseDuration(given);
  } catch (cause) {
    throw usage(`--${kebab(name)} must be a duration, but is "${given}"`, {
      hint: 'A number and a unit: 90s, 15m, 2h, 7d',
      cause,
    });
  }
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function usage(message: string, more: { hint?: string; cause?: unknown } = {}): SlowLaneError {
  return new SlowLaneError('cli.usage', message, more);
}

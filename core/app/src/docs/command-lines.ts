import type { Command } from '@slowlane/cli';

type Known = Pick<Command, 'name' | 'args' | 'options'>;

/** The words behind each `slowlane` or `./slowlane` of a text, up to the end of that command. */
export function commandLines(text: string): string[][] {
  return text
    .replaceAll('\\\n', ' ')
    .split('\n')
    .flatMap((line) => [...line.matchAll(/(?<![\w/@.-])(?:\.\/)?slowlane (?=[a-z<])/g)].map((at) => wordsOf(line, at)));
}

/** Ends at an operator of the shell, and at a gap of two blanks, behind which the docs explain. */
function wordsOf(line: string, { index = 0, 0: found }: RegExpMatchArray): string[] {
  const words: string[] = [];
  for (const [, word = '', , quoted, end = ''] of line.slice(index + found.length).matchAll(token)) {
    if (quoted === undefined && /^(?:[|>&;#]|<(?![a-z])|\d?>)/.test(word)) break;
    words.push(quoted ?? word);
    if (end !== ' ') break;
  }
  return words;
}

/** A word, its text where it is quoted, and what ends it. */
const token = /((['"])(.*?)\2|[^\s'")(;]+)( *|[^ ])/g;

/** What is wrong with a command line, or `undefined`. `isMention`: arguments may be left out, as in "run `slowlane gc`". */
export function commandProblem(
  words: readonly string[],
  commands: readonly Known[],
  { isMention }: { isMention: boolean },
): string | undefined {
  const several = words.findIndex((word) => /^[a-z-]+(?:\|[a-z-]+)+$/.test(word));
  if (several !== -1)
    return (words[several] as string)
      .split('|')
      .map((one) => commandProblem(words.with(several, one), commands, { isMention }))
      .find((problem) => problem !== undefined);
  const command = longestMatch(words, commands);
  if (command !== undefined) return argumentProblem(words.slice(command.name.split(' ').length), command, isMention);
  const isGroup = isMention && commands.some(({ name }) => name.startsWith(`${words.join(' ')} `));
  return isGroup ? undefined : 'there is no such command';
}

function longestMatch(words: readonly string[], commands: readonly Known[]): Known | undefined {
  return commands
    .filter(({ name }) => name.split(' ').every((word, index) => words[index] === word))
    .sort((a, b) => b.name.length - a.name.length)[0];
}

function argumentProblem(words: readonly string[], command: Known, isMention: boolean): string | undefined {
  const { args = [], options = [] } = command;
  let given = 0;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    if (!word.startsWith('-') || word === '-') {
      given++;
      continue;
    }
    if (word === '--json' || word === '--help') continue;
    const option = options.find(({ form }) => form.split(/[ ,]+/).includes(word.split('=', 1)[0] as string));
    if (option === undefined) return `${command.name} has no option ${word}`;
    if (option.form.includes('<') && !word.includes('=')) at++;
  }
  const needed = args.filter(({ form }) => form.startsWith('<')).length;
  const most = args.some(({ form }) => form.includes('...')) ? Infinity : args.length;
  if (given > most) return `${command.name} takes ${most} arguments, not ${given}`;
  return given < needed && !isMention ? `${command.name} needs ${needed} arguments, not ${given}` : undefined;
}

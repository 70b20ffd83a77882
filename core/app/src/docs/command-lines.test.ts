import { describe, expect, it } from 'vitest';
import { commandLines, commandProblem } from './command-lines.ts';

const commands = [
  { name: 'up', options: [{ form: '-y, --yes', help: '' }] },
  { name: 'gate ls' },
  { name: 'gate pause', args: [{ form: '<dimension>', help: '' }], options: [{ form: '--for <duration>', help: '' }] },
  { name: 'build', args: [{ form: '<source>', help: '' }] },
  { name: 'build ls' },
  { name: 'test', args: [{ form: '[suites...]', help: '' }] },
];
const problem = (line: string, isMention = false) =>
  commandLines(line).map((words) => commandProblem(words, commands, { isMention }));

describe('commandLines', () => {
  it.each([
    ['./slowlane gate ls | grep x', [['gate', 'ls']]],
    ["X=$(slowlane gate pause 'op:x y' --for 2h)", [['gate', 'pause', 'op:x y', '--for', '2h']]],
    ['slowlane down && ./slowlane up --yes 2> log &', [['down'], ['up', '--yes']]],
    ['slowlane up            starts everything', [['up']]],
    ['https://example.org/slowlane up, slowlane-webhook up', []],
    ['until slowlane gate ls; do sleep 1; done', [['gate', 'ls']]],
  ])('finds the commands in: %s', (line, words) => {
    expect(commandLines(line)).toEqual(words);
  });
});

describe('commandProblem', () => {
  it('finds nothing wrong with what the program takes', () => {
    expect(problem('slowlane up -y --json')).toEqual([undefined]);
    expect(problem('slowlane gate pause op:x --for 2h')).toEqual([undefined]);
    expect(problem('slowlane build ls')).toEqual([undefined]);
    expect(problem('slowlane test unit gate docs')).toEqual([undefined]);
  });

  it.each([
    ['slowlane gates ls', 'there is no such command'],
    ['slowlane up --foregruond', 'up has no option --foregruond'],
    ['slowlane gate pause --for 2h', 'gate pause needs 1 arguments, not 0'],
    ['slowlane gate ls op:x', 'gate ls takes 0 arguments, not 1'],
    ['slowlane gate', 'there is no such command'],
    ['slowlane gate ls|purge', 'there is no such command'],
  ])('says what is wrong with: %s', (line, text) => {
    expect(problem(line)).toEqual([text]);
  });

  it('lets a mention leave arguments out, or name a group', () => {
    expect(problem('slowlane gate pause', true)).toEqual([undefined]);
    expect(problem('slowlane gate', true)).toEqual([undefined]);
    expect(problem('slowlane gate ls|pause', true)).toEqual([undefined]);
  });
});

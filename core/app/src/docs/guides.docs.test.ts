import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { commands } from '@slowlane/cli';
import { SlowLaneYaml } from '@slowlane/config';
import * as contracts from '@slowlane/contracts';
import { readStrictYaml } from '@slowlane/kit';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { PackageJson, PluginFixtureFile } from '../plugins/schema.ts';
import { repository } from '../processes/installation.ts';
import { commandLines, commandProblem } from './command-lines.ts';
import { type MarkdownBlock, readMarkdown } from './read-markdown.ts';

/** What people read. Generated pages have their own test, decisions tell of their day. */
const pages = [
  ...['README.md', 'CONTRIBUTING.md'],
  ...markdownIn('docs').filter((file) => !/\/(cli|errors|proof|workspace-routes|runtimes)\.md$/.test(file)),
  ...markdownIn('templates'),
  ...readdirSync(join(repository, 'templates'), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? markdownIn(`templates/${entry.name}`) : [],
  ),
].map((file) => readMarkdown(join(repository, file)));

const blocks = pages.flatMap((page) => page.blocks);
const jsonSchemas: Record<string, unknown> = { ...contracts, PackageJson, PluginFixtureFile };

describe('the pages', () => {
  it('lead only to files and headings that exist', () => {
    const broken = pages.flatMap(({ file, links }) =>
      links
        .filter(({ target }) => !leadsSomewhere(file, target))
        .map(({ target, line }) => `${at({ file, line })} ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('show and name only commands, options and arguments that the program takes', () => {
    const shown = blocks
      .filter(({ language }) => ['', 'sh'].includes(language))
      .map(({ text, ...place }) => ({ ...place, text, isMention: false }));
    const named = pages.flatMap(({ file, inlineCode }) =>
      inlineCode.map((code) => ({ file, ...code, isMention: true })),
    );
    const found = [...shown, ...named].flatMap(({ text, isMention, ...place }) =>
      commandLines(text).map((words) => ({ place, words, problem: commandProblem(words, commands, { isMention }) })),
    );
    expect(found.length).toBeGreaterThan(100);
    const wrong = found.filter(({ problem }) => problem !== undefined);
    expect(wrong.map(({ place, words, problem }) => `${at(place)} ${words.join(' ')}: ${problem}`)).toEqual([]);
  });

  it('hold only configuration and pipeline files that are taken as they stand', () => {
    const yaml = blocks.filter(({ language }) => language === 'yaml');
    expect(yaml.length).toBeGreaterThan(8);
    expect(yaml.flatMap(yamlProblems)).toEqual([]);
  });

  it('hold only JSON that its schema takes, with no field that it does not know', () => {
    const json = blocks.filter(({ language }) => language === 'json');
    expect(json.length).toBeGreaterThan(5);
    expect(json.flatMap(jsonProblems)).toEqual([]);
  });

  it('quote code that stands in the file they quote', () => {
    const quoted = blocks.filter(({ marker }) => marker.startsWith('file='));
    expect(quoted.length).toBeGreaterThan(2);
    for (const { marker, text, ...place } of quoted) {
      const source = readFileSync(join(repository, marker.slice('file='.length)), 'utf8');
      expect(source.includes(text), `${at(place)} ${marker}`).toBe(true);
    }
  });

  it('name only error codes and events that exist', () => {
    const known = new Set<string>([...Object.keys(contracts.errorCodes), ...contracts.eventTypes]);
    const named = pages.flatMap(({ file, inlineCode }) => inlineCode.map((code) => ({ file, ...code })));
    const codes = named.filter(({ text }) => isCode.test(text));
    expect(codes.length).toBeGreaterThan(20);
    expect(codes.filter(({ text }) => !known.has(text)).map((code) => `${at(code)} ${code.text}`)).toEqual([]);
  });
});

/** `area.what-happened`, in areas whose names are no keys of a file of ours. */
const isCode =
  /^(?:request|part|run|auth|gateway|queue|ledger|workspace|notify|detect|mediate|cli|ground|delivery)\.(?!(?:log|sqlite|json|ts|yaml)$)[a-z-]+$/;

function markdownIn(folder: string): string[] {
  return readdirSync(join(repository, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`);
}

function at({ file, line }: { file: string; line: number }): string {
  return `${relative(repository, file)}:${line}`;
}

function leadsSomewhere(file: string, target: string): boolean {
  if (/^(?:https?|mailto):/.test(target)) return true;
  const [path = '', anchor] = target.split('#');
  const to = path === '' ? file : join(dirname(file), path);
  if (!existsSync(to)) return false;
  return anchor === undefined || readMarkdown(to).anchors.has(anchor);
}

const readings: Record<string, (text: string) => ReturnType<typeof readStrictYaml<unknown>>> = {
  slowlane: (text) => readStrictYaml(text, SlowLaneYaml),
  pipeline: (text) => readStrictYaml(text, contracts.PipelineFile),
  operation: (text) => readStrictYaml(`pipeline: example\n${text}`, contracts.PipelineFile),
};

/** A block without a marker must be right as one of the three. */
function yamlProblems({ marker, text, ...place }: MarkdownBlock): string[] {
  const chosen = marker === '' ? Object.values(readings) : [readings[marker]].filter((read) => read !== undefined);
  const results = chosen.map((read) => read(text));
  if (results.some((result) => result.ok)) return [];
  const problems = results.flatMap((result) => (result.ok ? [] : result.problems.map(({ message }) => message)));
  return [`${at(place)} is none of ${Object.keys(readings).join(', ')}: ${problems.join('; ')}`];
}

function jsonProblems({ marker, text, ...place }: MarkdownBlock): string[] {
  const schema = jsonSchemas[marker] as z.ZodType | undefined;
  if (schema === undefined || typeof schema.safeParse !== 'function')
    return [`${at(place)} names no schema: ${marker}`];
  const value: unknown = JSON.parse(text);
  const result = schema.safeParse(value);
  if (!result.success) return [`${at(place)} ${result.error.message}`];
  return isWithin(value, result.data) ? [] : [`${at(place)} has fields that ${marker} does not know`];
}

/** Everything of `part` is in `whole`, which may have defaults besides. */
function isWithin(part: unknown, whole: unknown): boolean {
  if (part === null || typeof part !== 'object') return part === whole;
  return Object.entries(part).every(([key, value]) =>
    isWithin(value, (whole as Record<string, unknown> | undefined)?.[key]),
  );
}

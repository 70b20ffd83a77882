import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestInstallation, type TestInstallation } from '../e2e/test-installation.ts';
import { freePort } from '../processes/free-port.ts';
import { repository } from '../processes/installation.ts';
import { readMarkdown } from './read-markdown.ts';
import { exampleBlocks, runExamples } from './run-examples.ts';

const readme = readFileSync(join(repository, 'README.md'), 'utf8');
const guides = ['docs/requests.md', 'docs/gate.md', 'docs/plugins.md', 'docs/operating.md'];

let installation: TestInstallation;
let receiver: number;
beforeAll(async () => {
  receiver = await freePort();
  installation = await createTestInstallation(`policy: { callbacks: ['127.0.0.1:${receiver}'] }\n`);
});
afterAll(() => installation.close());

describe('the README', () => {
  it('shows the two commands on its first screen', () => {
    const screen = readme.split('\n').slice(0, 20).join('\n');
    expect(screen).toContain('./slowlane demo');
    expect(screen).toContain('./slowlane test');
  });

  it('has a quick start that works as it stands, from an empty home folder to a result', async () => {
    expect(exampleBlocks('README.md', 'quick-start').length).toBeGreaterThan(3);
    const result = await runExamples(installation, 'README.md', { marker: 'quick-start', receiver });
    expect(result.exitCode, result.stdout + result.stderr).toBe(0);
    expect(result.stderr).toMatch(/remote: ==> register +dev: job \d+/);
    expect(result.stdout).toContain('counts.json');
    expect(result.stdout).toContain('request.succeeded');
  });
});

/** They go on from the quick start: the same Slow Lane, the same person, the same operation. */
describe('the guides', () => {
  it.each(guides)('%s has examples that work as they stand', async (guide) => {
    expect(exampleBlocks(guide, 'run').length).toBeGreaterThan(1);
    const result = await runExamples(installation, guide, { marker: 'run', receiver });
    expect(result.exitCode, result.stdout + result.stderr).toBe(0);
  });

  it('name only calls that the service has', async () => {
    const answer = await fetch(`${installation.url}/openapi.json`);
    const { paths } = (await answer.json()) as { paths: Record<string, Record<string, unknown>> };
    const served = new Set(
      Object.entries(paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method.toUpperCase()} ${anyNames(path)}`),
      ),
    );
    const named = ['README.md', 'docs/operation.md', ...guides].flatMap((page) =>
      readMarkdown(join(repository, page)).inlineCode.flatMap(({ text, line }) =>
        [...text.matchAll(/(GET|POST|PUT|DELETE) (\/v1\/[^ ?`]*)/g)].map(([, method, path]) => ({
          call: `${method} ${anyNames(path as string)}`,
          at: `${page}:${line}`,
        })),
      ),
    );
    expect(named.length).toBeGreaterThan(12);
    expect(named.filter(({ call }) => !served.has(call))).toEqual([]);
  });
});

/** What a variable of a path is called does not matter. */
function anyNames(path: string): string {
  return path.replace(/\{[^}]*\}/g, '{}');
}

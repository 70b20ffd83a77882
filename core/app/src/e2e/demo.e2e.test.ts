import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DemoDocument } from '../demo/run-demo.ts';
import { noteBuild, noteRun } from './__fixtures__/note-stages.ts';
import { interruptDemo } from './interrupt-demo.ts';
import { createTestInstallation, type TestInstallation } from './test-installation.ts';

/** The figures straight from the CSV, by a few lines that share nothing with the drivers. */
const figures = `
import collections, csv, json, sys
folder, month = sys.argv[1], sys.argv[2]
airlines = {row['carrier']: row['name'] for row in csv.DictReader(open(folder + '/airlines.csv'))}
groups = collections.defaultdict(list)
for row in csv.DictReader(open(folder + '/flights.csv')):
    if row['month'] == month:
        groups[row['origin'], row['carrier']].append(row)
def number(text):
    return None if text in ('', 'NA', 'nan') else float(text)
def mean(values):
    values = [value for value in values if value is not None]
    return sum(values) / len(values) if values else None
print(json.dumps([{ 'origin': origin, 'carrier': carrier, 'airline': airlines[carrier], 'flights': len(rows),
  'departure': mean([number(row['dep_delay']) for row in rows]), 'arrival': mean([number(row['arr_delay']) for row in rows]) }
  for (origin, carrier), rows in sorted(groups.items())]))
`;

let installation: TestInstallation;
let document: DemoDocument;
let stderr: string;

beforeAll(async () => {
  installation = await createTestInstallation('policy: { callbacks: ["127.0.0.1:7072"] }\n');
  const result = await installation.slowlane('demo', '--yes', '--json', '--keep');
  stderr = result.stderr;
  if (!result.ok) throw new Error(`the demo failed:\n${result.stderr}\n${result.stdout}`);
  document = JSON.parse(result.stdout) as DemoDocument;
}, 900_000);

afterAll(() => installation.close());

describe('slowlane demo', () => {
  it('turns both pushes into registered jobs, with the build log coming back in the push', async () => {
    // The demo tells of builds as a list does: without manifests.
    const client = installation.client((await installation.token('read')).secret);
    for (const { build } of document.push) noteBuild(await client.getBuild(build.id));
    expect(document.push.map(({ build }) => build.state)).toEqual(['registered', 'registered']);
    expect(document.push.map(({ build }) => build.plugin)).toEqual(['scala-sbt', 'python']);
    expect(stderr).toMatch(/remote: .*(compil|Compil)/);
    expect(document.push[0]?.build.tests?.passed).toBeGreaterThan(0);
  });

  it('starts no sandbox for the same tree under a new commit, and registers no other job', () => {
    expect(document.repeatedPush.build.cachedFrom).toBe(document.push[0]?.build.id);
    expect(document.repeatedPush.build.registrations?.[0]?.jobId).toBe(
      document.push[0]?.build.registrations?.[0]?.jobId,
    );
  });

  it('runs the request in three parts, two at a time', () => {
    noteRun(document.push.find(({ pipeline }) => pipeline === document.request.operation)?.build.plugin);
    expect(document.request.state).toBe('succeeded');
    expect(document.request.parts.map((part) => part.key).sort()).toEqual(['EWR', 'JFK', 'LGA']);
    expect(new Set(document.request.parts.map((part) => part.runId)).size).toBe(3);
    const spans = document.request.parts.map((part) => ({ from: part.grantedAt ?? 0, to: part.endedAt ?? 0 }));
    const together = spans.map(({ from }) => spans.filter((other) => other.from <= from && from < other.to).length);
    expect(Math.max(...together)).toBe(2);
  });

  it('tells the client by a webhook with a valid signature, once', () => {
    expect(document.delivery.verified).toBe(true);
    const deliveries = document.trace.events.filter((event) => event.type === 'delivery.sent');
    expect(deliveries).toHaveLength(1);
    expect(deliveries[0]?.data['eventId']).toBe(document.delivery.id);
  });

  it('joins a table that equals the figures computed straight from the CSV', async () => {
    const script = join(installation.folder, 'figures.py');
    writeFileSync(script, figures);
    const data = join(installation.home, 'volumes/main/slowlane/data/nycflights13');
    const result = await installation.user(['/usr/bin/python3', script, data, '3']);
    const expected = JSON.parse(result.stdout) as {
      origin: string;
      carrier: string;
      airline: string;
      flights: number;
      departure: number | null;
      arrival: number | null;
    }[];
    const [head, ...rows] = document.result.rows;
    const column = (name: RegExp) => (head ?? []).findIndex((title) => name.test(title));
    const [origin, carrier, flights, departure, arrival] = [
      /^origin$/,
      /^carrier$/,
      /flights/,
      /departure/,
      /arrival/,
    ].map(column) as [number, number, number, number, number];
    const got = rows
      .map((row) => ({
        key: `${row[origin]} ${row[carrier]}`,
        flights: Number(row[flights]),
        departure: row[departure],
        arrival: row[arrival],
      }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
    expect(got.map(({ key, flights: count }) => [key, count])).toEqual(
      expected.map((row) => [`${row.origin} ${row.carrier}`, row.flights]),
    );
    for (const [index, row] of expected.entries()) {
      if (row.departure !== null) expect(Number(got[index]?.departure), got[index]?.key).toBeCloseTo(row.departure, 1);
      if (row.arrival !== null) expect(Number(got[index]?.arrival), got[index]?.key).toBeCloseTo(row.arrival, 1);
    }
  });

  it('finds the whole chain by one id: commit, build, digest, job, request, parts, waits, runs, logs, result, delivery', () => {
    const types = document.trace.events.map((event) => event.type);
    for (const type of [
      'push.received',
      'build.stage',
      'build.registered',
      'request.accepted',
      'request.mediated',
      'part.waiting',
      'part.granted',
      'part.submitting',
      'part.running',
      'part.ended',
      'request.succeeded',
      'delivery.sent',
    ]) {
      expect(types, type).toContain(type);
    }
    expect(types.filter((type) => type === 'request.succeeded')).toHaveLength(1);
    expect(document.trace.events.filter((event) => event.type === 'part.submitting')).toHaveLength(3);
  });

  it('shows no secret in what it tells', () => {
    const token = readFileSync(join(installation.home, 'admin-token'), 'utf8').trim();
    expect(stderr).not.toContain(token);
    expect(stderr).not.toMatch(/sl_[a-z0-9]{8}_[A-Za-z0-9_-]{16}/);
  });

  it('leaves no process behind once it is down', async () => {
    const { processes } = await installation.json<{ processes: { pid?: number; running: boolean }[] }>('status');
    expect(processes.every((process) => process.running)).toBe(true);
    await installation.slowlane('down');
    const after = await installation.user(['/bin/ps', '-eo', 'pid,stat,args']);
    const living = after.stdout.split('\n').filter((line) => !/^ *\d+ +Z/.test(line));
    expect(living.filter((line) => line.includes(installation.home) && !line.includes('/bin/ps'))).toEqual([]);
    for (const { pid } of processes) expect(living.filter((line) => line.trim().startsWith(`${pid} `))).toEqual([]);
  });

  it('told once more is ended by Ctrl-C in the middle of a run, which leaves no process behind', async () => {
    const { exitCode, left } = await interruptDemo(installation, 'event part.running');
    expect(exitCode).not.toBe(0);
    expect(left).toEqual([]);
    const { processes } = await installation.json<{ processes: { running: boolean }[] }>('status');
    expect(processes.map(({ running }) => running)).toEqual([false, false, false, false]);
  });
});

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject, RequestView, ResultView } from '@slowlane/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repository } from '../../processes/installation.ts';
import { createGitProject } from '../git-project.ts';
import { createTestInstallation, type TestInstallation } from '../test-installation.ts';
import { noteNewestBuild, noteRun } from './note-stages.ts';

const libraries = ['testthat', 'xml2', 'reticulate', 'jsonlite'];
const needsR =
  existsSync('/usr/bin/Rscript') && libraries.every((name) => existsSync(`/usr/lib/R/site-library/${name}`))
    ? undefined
    : `R with ${libraries.join(', ')} is not installed`;

/** A driver template, with a request on a few lines of data and what comes of it. */
export interface TemplateRun {
  template: string;
  pipeline: string;
  body: JsonObject;
  files: Record<string, string>;
  /** Files for this template alone; it finds them as `data` of the request. */
  data?: Record<string, string>;
  untested?: boolean;
  /** What the machine lacks for it; a text is the reason why it is skipped. */
  needs?: string | undefined;
}

/** Those that the demo does not show. */
const templates: TemplateRun[] = [
  {
    template: 'driver-java-maven',
    pipeline: 'busiest-routes',
    body: { origins: ['EWR', 'JFK'], most: 2 },
    files: {
      'routes.csv': `origin,dest,name,flights,distance
EWR,BOS,"Logan, General",1,200
JFK,LAX,Los Angeles Intl,2,2475
JFK,BOS,"Logan, General",1,187
`,
    },
  },
  {
    template: 'driver-java-gradle',
    pipeline: 'airport-traffic',
    body: { origins: ['EWR', 'JFK'] },
    files: { 'traffic.csv': 'origin,flights,destinations,miles\nEWR,1,1,200\nJFK,4,3,5147\n' },
  },
  {
    template: 'driver-notebook',
    pipeline: 'carrier-months',
    body: { carriers: ['UA', 'AA'] },
    data: { 'flights.csv': 'carrier,month\nUA,1\nUA,1\nUA,12\nB6,2\n' },
    files: {
      'months.csv': 'carrier,1,2,3,4,5,6,7,8,9,10,11,12\nUA,2,0,0,0,0,0,0,0,0,0,0,1\nAA,0,0,0,0,0,0,0,0,0,0,0,0\n',
    },
  },
  {
    template: 'driver-java-notebook',
    pipeline: 'plane-makers',
    body: { most: 1 },
    data: { 'planes.csv': 'tailnum,manufacturer\nN1,AIRBUS\nN2,BOEING\nN3,BOEING\n' },
    files: { 'makers.csv': 'manufacturer,planes\nBOEING,2\n' },
    untested: true,
  },
  {
    template: 'driver-python-wheel',
    pipeline: 'delay-weather',
    body: { origins: ['JFK'], months: [1] },
    data: {
      'flights.csv': `month,dep_delay,origin,time_hour
1,10,JFK,2013-01-01T10:00:00Z
1,21,JFK,2013-01-01T10:00:00Z
1,NA,JFK,2013-01-01T11:00:00Z
2,99,JFK,2013-01-01T10:00:00Z
`,
      'weather.csv': 'origin,wind_speed,precip,visib,time_hour\nJFK,12.5,0,1.5,2013-01-01T10:00:00Z\n',
    },
    files: {
      'weather.csv': `measure,bucket,flights,mean_departure_delay
visibility,under 2 miles,2,15.50
wind,5 to 15 mph,2,15.50
precipitation,none,2,15.50
`,
    },
  },
  {
    template: 'driver-r',
    pipeline: 'longest-flights',
    body: { most: 2 },
    files: { 'longest.csv': 'origin,dest,distance\nJFK,LAX,2475\nEWR,BOS,200\n' },
    needs: needsR,
  },
  {
    template: 'driver-r-package',
    pipeline: 'seats-by-engine',
    body: {},
    data: { 'planes.csv': 'tailnum,engine,seats\nN1,Turbo-fan,100\nN2,Turbo-fan,201\nN3,Reciprocating,4\n' },
    files: { 'seats.csv': 'engine,planes,mean_seats\nReciprocating,1,4.0\nTurbo-fan,2,150.5\n' },
    needs: needsR,
  },
];

const data = {
  'flights.csv': `origin,dest,distance
JFK,LAX,2475
JFK,LAX,2475
JFK,BOS,187
EWR,BOS,200
JFK,XXX,10
`,
  'airports.csv': 'faa,name\nLAX,Los Angeles Intl\nBOS,"Logan, General"\n',
};

/** Those that every CI run pushes: one with a build tool, one without. The others take minutes. */
export const quickTemplates = ['driver-java-maven', 'driver-notebook'];

const dataFolder = 'Volumes/main/slowlane/data';

/**
 * Copies each of the templates, pushes it, and runs what was registered on real Spark, on one installation; `yaml`: more of its slowlane.yaml;
 * `prepare`: what its user does before `up`.
 */
export function runTemplates(
  isOne: (template: string) => boolean,
  yaml = () => Promise.resolve(''),
  prepare: (installation: TestInstallation) => Promise<void> = () => Promise.resolve(),
): void {
  let installation: TestInstallation;
  beforeAll(async () => {
    installation = await createTestInstallation(await yaml());
    await prepare(installation);
    await installation.up();
    await putData(installation, 'nycflights13', data);
  }, 900_000);
  afterAll(() => installation.close(), 120_000);

  describe.each(templates.filter(({ template }) => isOne(template)))('templates/$template', (run) => {
    it('is copied, pushed, built, registered and run on real Spark', async (test) => {
      if (run.needs !== undefined) test.skip(run.needs);
      await pushAndRun(installation, run);
    }, 600_000);
  });
}

async function pushAndRun(installation: TestInstallation, run: TemplateRun): Promise<void> {
  const { template, pipeline, body, files, data: own, untested } = run;
  const token = (await installation.token('read', `push:${pipeline}`, `request:${pipeline}`)).secret;
  const from = join(repository, 'templates', template);
  const project = await createGitProject(installation, { pipeline, token, from });
  await project.commit('From the template');
  const pushed = await project.push();
  const client = installation.client(token);
  const language = await noteNewestBuild(client, pipeline);
  expect(pushed.exitCode, pushed.stderr).toBe(0);
  if (untested !== true) expect(pushed.stderr).toMatch(/tests: [1-9]\d* passed, 0 failed/);

  if (own !== undefined) await putData(installation, template, own);
  const where = own === undefined ? {} : { data: `/${dataFolder}/${template}` };
  const { id } = await client.createRequest({ operation: pipeline, body: { ...body, ...where } });
  const request: RequestView = await client.waitForRequest(id);
  noteRun(language);
  expect(request.failure, await driverLog(installation, request)).toBeUndefined();
  expect(request.state).toBe('succeeded');
  const result: ResultView = await client.getResult(id);
  for (const [name, text] of Object.entries(files)) {
    const file = result.files.find((one) => one.name === name);
    expect(await (await fetch(file?.href ?? '')).text()).toBe(text);
  }
}

/** What a run that failed said: without it a failure here tells nothing. */
async function driverLog(installation: TestInstallation, { id, failure }: RequestView): Promise<string> {
  return failure === undefined ? '' : (await installation.slowlane('request', 'logs', id)).stdout.slice(-8_000);
}

async function putData(installation: TestInstallation, name: string, texts: Record<string, string>): Promise<void> {
  await put(installation, `directories/${dataFolder}/${name}`);
  for (const [file, text] of Object.entries(texts))
    await put(installation, `files/${dataFolder}/${name}/${file}`, text);
}

/** As any Databricks client would. */
async function put(installation: TestInstallation, path: string, body = ''): Promise<void> {
  type Env = { DATABRICKS_HOST: string; DATABRICKS_TOKEN: string };
  const workspace = await installation.json<Env>('workspace', 'env');
  const answer = await fetch(`${workspace.DATABRICKS_HOST}/api/2.0/fs/${path}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${workspace.DATABRICKS_TOKEN}` },
    body,
  });
  expect(answer.ok, await answer.text()).toBe(true);
}

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { callerEnvironment } from '@slowlane/config';
import { SlowLaneError } from '@slowlane/contracts';
import { learnUpstreams } from '@slowlane/gateway';
import { findCaBundle } from './ca-bundle.ts';
import { install, remedyLine } from './install.ts';
import type { GroundRow, Requirement } from './requirement.ts';
import { type GroundPlace, requirements, testRequirements } from './requirements.ts';

export interface GroundOptions extends GroundPlace {
  /** Registries named in slowlane.yaml, which stand over what is learned. */
  registries: Record<string, string>;
  caBundle: string | undefined;
  /** Install without asking. */
  yes: boolean;
  /** What the tests need too. */
  forTests: boolean;
  say(line: string): void;
}

async function mavenUpstream(options: GroundOptions): Promise<string> {
  const address = (await upstreams(options))['maven'];
  if (address !== undefined) return address;
  throw new SlowLaneError('ground.missing', 'the address of the Maven registry is not known', {
    hint: `Name it in ${options.environment.configFile}: registries: { maven: https://... }`,
  });
}

/** What the machine has and lacks, as `slowlane doctor` shows it. */
export async function surveyGround(place: GroundPlace): Promise<GroundRow[]> {
  const isRoot = process.getuid?.() === 0;
  return Promise.all(
    requirements(place).map(async ({ name, use, find, remedy, optional }) => {
      const found = await find();
      const line = found === undefined ? remedyLine(remedy, isRoot) : undefined;
      return { name, use, found, line, ...(optional === undefined ? {} : { optional }) };
    }),
  );
}

/**
 * Makes the machine ready: uses what is there, lists what is missing, and installs it after one yes (a terminal is asked; without one, and with
 * `yes`, it goes on by itself). Throws `ground.missing` with the exact lines when it may not or cannot.
 */
export async function ensureGround(options: GroundOptions): Promise<void> {
  const wanted = requirements(options);
  if (options.forTests) wanted.unshift(...testRequirements(options.environment));
  const missing = (await findMissing(wanted)).filter((requirement) => requirement.optional !== true);
  if (missing.length > 0) {
    await askOnce(missing, options);
    await install(missing, {
      environment: callerEnvironment(),
      isRoot: process.getuid?.() === 0,
      caBundle: findCaBundle(options.caBundle),
      mavenUpstream: () => mavenUpstream(options),
      say: options.say,
      log: join(options.paths.ground, 'install.log'),
    });
    const still = await findMissing(missing);
    if (still.length > 0) throw missingError(still);
  }
  await upstreams(options);
}

/**
 * Upstream registries, learned from the tools' own configuration and kept below the ground folder; slowlane.yaml stands over them. Learned again
 * while one is unknown, because a tool may have been installed since.
 */
export async function upstreams({
  paths,
  registries,
}: Pick<GroundOptions, 'paths' | 'registries'>): Promise<Record<string, string>> {
  const kept = existsSync(paths.upstreams)
    ? (JSON.parse(readFileSync(paths.upstreams, 'utf8')) as Record<string, string>)
    : {};
  const gradle = await gradleUpstreams();
  if (kept['maven'] !== undefined && kept['pypi'] !== undefined) return { ...gradle, ...kept, ...registries };
  const learned = await learnUpstreams({
    python: '/usr/bin/python3',
    mavenSettings: [join(homedir(), '.m2', 'settings.xml'), '/etc/maven/settings.xml'],
    mavenHomes: ['/usr/share/maven'],
    sbtLauncher: existsSync(paths.sbtLauncher) ? paths.sbtLauncher : undefined,
  });
  const addresses = {
    ...(learned.maven === undefined ? {} : { maven: learned.maven }),
    ...(learned.pypi === undefined ? {} : { pypi: learned.pypi }),
  };
  // The folder is root's: a service that learns nothing new has nothing to write there.
  if (Object.keys(addresses).some((name) => addresses[name as keyof typeof addresses] !== kept[name])) {
    mkdirSync(paths.ground, { recursive: true });
    writeFileSync(paths.upstreams, `${JSON.stringify(addresses, null, 2)}\n`);
  }
  return { ...gradle, ...addresses, ...registries };
}

/** Read each time: Gradle may be installed after the first start, and the folder of what is kept is root's. */
async function gradleUpstreams(): Promise<Record<string, string>> {
  const { gradleDist, gradlePlugins } = await learnUpstreams({ gradleHomes: ['/usr/share/gradle'] });
  return {
    ...(gradleDist === undefined ? {} : { 'gradle-dist': gradleDist }),
    ...(gradlePlugins === undefined ? {} : { 'gradle-plugins': gradlePlugins }),
  };
}

async function findMissing(all: readonly Requirement[]): Promise<Requirement[]> {
  const found = await Promise.all(all.map(({ find }) => find()));
  return all.filter((_, index) => found[index] === undefined);
}

async function askOnce(missing: readonly Requirement[], options: GroundOptions): Promise<void> {
  options.say('this machine lacks:');
  for (const { name, use } of missing) options.say(`  ${name.padEnd(14)} ${use}`);
  if (options.yes || process.stdin.isTTY !== true) return;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question('install it now? [y/N] ').finally(() => terminal.close());
  if (!/^y(es)?$/i.test(answer.trim())) throw missingError(missing);
}

function missingError(missing: readonly Requirement[]): SlowLaneError {
  const isRoot = process.getuid?.() === 0;
  const lines = missing.map(({ remedy }) => remedyLine(remedy, isRoot));
  return new SlowLaneError('ground.missing', `missing on this machine: ${missing.map(({ name }) => name).join(', ')}`, {
    hint: `Run: ${lines.join(' && ')}`,
    data: { lines },
  });
}

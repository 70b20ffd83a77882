import { mkdtemp, rm, writeFile, mkdir, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { generateKeyPairSync } from 'node:crypto';
import { packTar } from '@slowlane/archive';
import { type SigningKey } from '@slowlane/artifacts';
import {
  type BuildPurpose,
  type BuildRecord,
  type DependencyGateway,
  Policy,
  type SandboxDriver,
} from '@slowlane/contracts';
import { newId } from '@slowlane/kit';
import {
  createMemoryBlobStore,
  createMemoryBuildCache,
  createMemoryBuildLane,
  createMemoryLogger,
  createMemoryPipelineStore,
  createMemoryRegistrationStore,
  leaveNote,
  stagesOf,
  type MemoryBuildLane,
} from '@slowlane/testkit';
import { TestRunner } from 'vitest';
import type { StageDeps } from '../stage-deps.ts';
import { stageNames, type StageName } from '../stage-context.ts';
import { createStages, type Stages } from '../stages.ts';
import { createMemoryWorkspace, type MemoryWorkspace } from './memory-workspace.ts';
import { manifestFor, type ScriptedPlugin, scriptedPlugins, type ScriptedPlugins } from './scripted-plugins.ts';

/** The stages with stores in memory and plugins of a test's making. */
export interface StageRig {
  deps: StageDeps;
  builds: MemoryBuildLane;
  plugins: ScriptedPlugins;
  workspace: MemoryWorkspace;
  registrations: ReturnType<typeof createMemoryRegistrationStore>;
  stages: Stages;
  /** Starts a build of an uploaded tree. */
  start(files: Record<string, string>, purpose?: BuildPurpose, more?: Partial<BuildRecord>): Promise<string>;
  /** A push that git takes, as far as its registration. */
  pushed(pipeline: string, files: Record<string, string>): Promise<BuildRecord>;
  /** Runs stages in order up to and with `last`, as the queue does; gives the record. */
  runTo(id: string, last: StageName): Promise<BuildRecord>;
}

export function stageRig(plugins: Record<string, ScriptedPlugin>, more: Partial<StageDeps> = {}): StageRig {
  const builds = createMemoryBuildLane();
  const blobs = createMemoryBlobStore();
  const workspace = createMemoryWorkspace();
  const registrations = createMemoryRegistrationStore();
  const host = scriptedPlugins(plugins);
  const deps: StageDeps = {
    builds,
    pipelines: createMemoryPipelineStore(),
    registrations,
    plugins: host,
    sandbox: noSandbox,
    root: () => ({ digest: 'sha256:root', binds: [], symlinks: [], files: [] }),
    toolchains: [{ name: 'sh', version: '1.0' }],
    gateway: noGateway,
    blobs,
    cache: createMemoryBuildCache(),
    mirror: () => Promise.reject(new Error('no mirror in this test')),
    workspace: () => workspace.client,
    pools: { default: { num_workers: 0, node_type_id: 'local' } },
    policy: Policy.parse({}),
    signingKey: newSigningKey(),
    artifactBase: '/Volumes/main/slowlane/artifacts',
    zone: 'test',
    declareLimits: async () => undefined,
    clock: { now: () => Date.now() },
    logger: createMemoryLogger(),
    ...more,
  };
  const stages = createStages(deps);
  const rig: StageRig = {
    deps,
    builds,
    plugins: host,
    workspace,
    registrations,
    stages,
    async start(files, purpose = { kind: 'build-only' }, changes = {}) {
      const archive = await blobs.put(tarOf(files));
      const record = await builds.start({
        id: newId('bld'),
        correlationId: newId('cor'),
        pipeline: 'demo',
        revision: undefined,
        source: { kind: 'archive', digest: archive.digest, name: 'demo.tar' },
        purpose,
        principal: 'author',
        language: undefined,
        driver: undefined,
        ...changes,
      });
      return record.id;
    },
    async pushed(pipeline, files) {
      const id = await rig.start(files, { kind: 'push', pushId: 'push_1' }, { pipeline });
      await builds.confirmPush(id, 'completed');
      return rig.runTo(id, 'register');
    },
    async runTo(id, last) {
      for (const name of stageNames) {
        await stages[name](id, new AbortController().signal);
        if (name === last) break;
      }
      const record = (await builds.get(id))!;
      if (more.plugins !== undefined) noteStages(record);
      return record;
    },
  };
  return rig;
}

/** With plugins that are none of a test's making: what they brought a project through is kept with the result of the test. */
function noteStages(record: BuildRecord): void {
  const note = stagesOf(record);
  if (note !== undefined) leaveNote(TestRunner.getCurrentTest(), note);
}

/** A plugin that knows every project with a `demo.toml`, and builds it by programs of the shell. */
export function shellPlugin(plan: () => ReturnType<ScriptedPlugin['plan']>, id = 'shell'): ScriptedPlugin {
  return {
    manifest: manifestFor(id),
    detect: (paths) => (paths.includes('demo.toml') ? { match: 'yes', evidence: ['demo.toml'] } : { match: 'no' }),
    plan,
  };
}

export function tarOf(files: Record<string, string>): ReturnType<typeof packTar> {
  return packTar(
    Object.entries(files).map(([path, text]) => {
      const bytes = Buffer.from(text, 'utf8');
      return { path, kind: 'file' as const, size: bytes.length, content: () => bytes };
    }),
  );
}

export function newSigningKey(): SigningKey {
  return { ...generateKeyPairSync('ed25519'), keyId: 'test' };
}

export async function temporaryFolder(): Promise<{
  path: string;
  write(file: string, text: string): Promise<void>;
  remove(): Promise<void>;
}> {
  const path = await mkdtemp(join(tmpdir(), 'sl-pipeline-'));
  await chmod(path, 0o755);
  return {
    path,
    async write(file, text) {
      await mkdir(dirname(join(path, file)), { recursive: true });
      await writeFile(join(path, file), text);
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}

const noSandbox = {
  kind: 'dummy',
  create: () => Promise.reject(new Error('a sandbox was started')),
} as unknown as SandboxDriver;

const noGateway: DependencyGateway = {
  open: () => Promise.reject(new Error('a door was opened')),
  upstreams: () => ({ maven: 'http://127.0.0.1/maven', pypi: 'http://127.0.0.1/pypi' }),
  close: async () => undefined,
};

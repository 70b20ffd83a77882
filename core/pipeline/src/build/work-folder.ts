import { packTar } from '@slowlane/archive';
import {
  type BlobStore,
  type BuildPlan,
  Digest,
  type Sandbox,
  type SandboxEnd,
  SlowLaneError,
} from '@slowlane/contracts';
import { runOwn } from './run-step.ts';

/** Left in `/work/home` by us when a resolve phase was done: holds the blob that lists what the gateway served. */
const marker = '/work/home/.slowlane-resolved';

/** Fixed texts, run by `sh`: no value is ever put into them. */
const clean = 'chmod -R u+rwX /work/src /work/out 2>/dev/null; rm -rf /work/src /work/out && mkdir -p /work/home';
const scripts = {
  read: `if [ -f ${marker} ] && [ ! -L ${marker} ]; then exec head -c 100 ${marker}; fi`,
  unpack: `${clean} /work/src /work/out && exec tar -x -f - -C /work/src`,
  files: 'exec tar -x -f - -C /work',
  wipe: `chmod -R u+rwX /work/home 2>/dev/null; rm -rf /work/home; ${clean}`,
  mark: `${clean} && rm -rf ${marker} && exec head -c 100 > ${marker}`,
};

/** What an earlier resolve phase of the same dependency set was served, if the work volume was restored from its snapshot. */
export async function readMarker(sandbox: Sandbox): Promise<Digest | undefined> {
  const { stdout, end } = await runOwn(sandbox, ['/bin/sh', '-c', scripts.read]);
  mustEndWell(end, 'read the state of the work folder');
  const digest = Digest.safeParse(stdout.trim());
  return digest.success ? digest.data : undefined;
}

/**
 * Away with the caches of an earlier resolve phase: tools would keep the versions that they find there, and ask the gateway only for the rest, so that its
 * log would no longer name all that a build is made of.
 */
export async function wipeHome(sandbox: Sandbox): Promise<void> {
  const { end } = await runOwn(sandbox, ['/bin/sh', '-c', scripts.wipe]);
  mustEndWell(end, 'empty the work folder');
}

/** Leaves only `/work/home` in the folder, with the mark that it is complete. */
export async function writeMarker(sandbox: Sandbox, served: Digest): Promise<void> {
  const { end } = await runOwn(sandbox, ['/bin/sh', '-c', scripts.mark], `${served}\n`);
  mustEndWell(end, 'clean the work folder');
}

/** A fresh project tree and an empty `/work/out`: nothing but `/work/home` passes from one phase to the next. */
export async function unpackSource(
  sandbox: Sandbox,
  blobs: BlobStore,
  of: { archive: Digest; plan: BuildPlan },
): Promise<void> {
  const { stream } = await blobs.open(of.archive);
  const source = await runOwn(sandbox, ['/bin/sh', '-c', scripts.unpack], stream);
  mustEndWell(source.end, 'unpack the source', source.stderr);
  if (of.plan.files.length === 0) return;
  const files = of.plan.files.map(({ path, content }) => {
    const bytes = Buffer.from(content, 'utf8');
    return { path, kind: 'file' as const, size: bytes.length, content: () => bytes };
  });
  const written = await runOwn(sandbox, ['/bin/sh', '-c', scripts.files], packTar(files));
  mustEndWell(written.end, "write the plan's files", written.stderr);
}

function mustEndWell(end: SandboxEnd, what: string, words = ''): void {
  if (end.reason === 'exit' && end.code === 0) return;
  const isFull = end.reason === 'disk' || words.includes('No space left');
  if (isFull) throw new SlowLaneError('build.limit', `no room to ${what}: the disk of a build is full`);
  if (end.reason === 'timeout' || end.reason === 'idle' || end.reason === 'cancelled')
    throw new SlowLaneError('build.timeout', `no time left to ${what}`);
  throw new SlowLaneError(
    'sandbox.failed',
    `could not ${what}: ${end.reason} ${end.code ?? end.signal ?? ''} ${words.slice(0, 500)}`,
  );
}

import { Worker } from 'node:worker_threads';
import { type ArtifactFile, type BlobStore, type Digest, SlowLaneError } from '@slowlane/contracts';
import { readBlob } from '../blob-bytes.ts';
import type { BundleClaim, BundleProof, BundleVerdict } from './check-bundle.ts';

/** Bytes of a bundle. Real ones have 5 to 20 KiB; attestations with a long statement some more. */
export const maxBundleBytes = 262_144;
/** A JAR is held in memory while its signature is checked. */
const maxArtifactBytes = 512 * 1_048_576;
/** Milliseconds: hashing 512 MiB takes two seconds, the signatures some milliseconds. */
const maxMs = 30_000;

/**
 * Verifies a Sigstore bundle (`.sigstore.json`) for a stored artifact, in a thread of its own with limits of time and memory: what a stranger wrote
 * neither holds up nor ends this process. Gives who signed. Throws `artifact.not-verified` with what did not hold.
 */
export async function verifyBundle(
  blobs: BlobStore,
  checks: { file: ArtifactFile; bundle: string; trustedRoot: string; claim: BundleClaim },
): Promise<BundleProof> {
  const { file, ...rest } = checks;
  if (Buffer.byteLength(checks.bundle) > maxBundleBytes) throw refused(file, `has more than ${maxBundleBytes} bytes`);
  if (file.size > maxArtifactBytes)
    throw refused(file, `cannot be checked: the JAR has more than ${maxArtifactBytes} bytes`);
  const bytes = await readBlob(blobs, file.digest, maxArtifactBytes);
  const verdict = await inThread({ artifact: new Uint8Array(bytes), digest: file.digest, ...rest });
  if (!verdict.ok) throw refused(file, verdict.why);
  return verdict.proof;
}

function inThread(workerData: { artifact: Uint8Array<ArrayBuffer>; digest: Digest } & object): Promise<BundleVerdict> {
  const worker = new Worker(new URL('./bundle-worker.ts', import.meta.url), {
    workerData,
    transferList: [workerData.artifact.buffer],
    resourceLimits: { maxOldGenerationSizeMb: 128 },
    env: {},
    execArgv: [],
  });
  return new Promise<BundleVerdict>((resolve) => {
    const end = (why: string) => resolve({ ok: false, why });
    const timer = setTimeout(() => end(`could not be checked within ${maxMs / 1_000} seconds`), maxMs);
    worker
      .once('message', resolve)
      .once('error', (error) => end(`could not be checked: ${String(error)}`))
      .once('exit', () => {
        clearTimeout(timer);
        end('could not be checked: its thread ended');
      });
  }).finally(() => worker.terminate());
}

function refused({ name }: ArtifactFile, why: string): SlowLaneError {
  return new SlowLaneError('artifact.not-verified', `${name}: its Sigstore bundle ${why}`);
}

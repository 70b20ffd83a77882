import { parentPort, workerData } from 'node:worker_threads';
import type { Digest } from '@slowlane/contracts';
import { type BundleClaim, checkBundle } from './check-bundle.ts';

const { artifact, ...rest } = workerData as {
  artifact: Uint8Array;
  digest: Digest;
  bundle: string;
  trustedRoot: string;
  claim: BundleClaim;
};
parentPort?.postMessage(checkBundle(Buffer.from(artifact.buffer, artifact.byteOffset, artifact.byteLength), rest));

import type { BuildPlan, Digest } from '@slowlane/contracts';
import { canonicalJson } from '@slowlane/kit';
import { digestOf } from './blob-bytes.ts';

/** All that decides what a build puts out. Two builds of one key are the same build, so the second one is not run. */
export interface ContentKeyInputs {
  /** Trust zone: builds of different zones never share a result. One pipeline is one zone. */
  zone: string;
  source: { treeDigest: Digest; path: string };
  /** Only when the build can see the commit. */
  commit?: string;
  plugin: { id: string; version: string };
  /** Tools, argv, environment, files and output rules. */
  plan: BuildPlan;
  /** Target runtime version: the artifact is inspected against it, and plans may not show it. */
  runtime: string;
  /** `RootSpec.digest` of the sandbox root. */
  toolchain: string;
  /** Digest of a lock, or null: decided by the files of the tree alone. */
  dependencies: Digest | null;
  /** Name or digest of the sandbox profile and driver. */
  profile: string;
  limits: { wallMs: number; memoryBytes: number };
  /** Epoch seconds. */
  sourceDateEpoch: number;
}

/** Rises when the same inputs must give another key: it disowns all earlier results. */
const VERSION = 1;

/** `sandbox.md` §12: sha256 over the canonical JSON of the inputs. */
export function contentKey(inputs: ContentKeyInputs): Digest {
  return digestOf(canonicalJson({ v: VERSION, ...inputs }));
}

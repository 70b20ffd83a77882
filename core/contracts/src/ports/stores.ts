import type { Readable } from 'node:stream';
import type { ArtifactSet } from '../artifact.ts';
import type { Digest } from '../common.ts';

/** Bytes by digest; written once, never changed. Many writers of the same bytes are harmless. */
export interface BlobStore {
  /** Streams in, hashes on the way, and keeps the bytes (temporary name, fsync, rename). `expected` other than the result: `artifact.corrupt`, nothing kept. */
  put(bytes: Readable, expected?: Digest): Promise<{ digest: Digest; size: number }>;
  has(digest: Digest): Promise<boolean>;
  /** Throws `artifact.corrupt` when absent. */
  open(digest: Digest): Promise<{ stream: Readable; size: number }>;
}

/** Result of an earlier build by content key: see `sandbox.md` on cache keys. Only the control plane writes it, after collection. */
export interface BuildCache {
  get(contentKey: Digest): Promise<CachedBuild | undefined>;
  put(contentKey: Digest, build: CachedBuild): Promise<void>;
}

export interface CachedBuild {
  /** The build that made it. */
  buildId: string;
  set: ArtifactSet;
  /** Blobs with JSON: ArtifactManifest, provenance envelope; log as text. */
  manifest: Digest;
  provenance: Digest;
  log: Digest;
  /** Blobs: CycloneDX JSON; JSON BuildReport. */
  sbom?: Digest | undefined;
  report?: Digest | undefined;
  plugin: string;
}

/** Files of a workspace volume. Paths are absolute (`/Volumes/...`); reads of what is not there throw `workspace.not-found`. */
export interface VolumeStore {
  read(path: string): Promise<{ stream: Readable; size: number }>;
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** Streams a file of known size; an existing file with the same size is kept when `immutable` is set. */
  upload(path: string, bytes: () => Promise<Readable>, size: number, options: { immutable: boolean }): Promise<void>;
  list(folder: string): Promise<{ name: string; path: string; isFolder: boolean; size: number }[]>;
  exists(path: string): Promise<boolean>;
  /** Deletes a file; false when there is none. Absent where files are never deleted. */
  remove?(path: string): Promise<boolean>;
}

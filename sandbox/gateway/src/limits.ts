/** Milliseconds and bytes. */
export interface GatewayLimits {
  /** How long indexes and metadata are served without asking again. */
  metadataTtlMs: number;
  /** How long "not found" is remembered. */
  negativeTtlMs: number;
  connectTimeoutMs: number;
  /** Silence of the upstream, before its answer and within it. */
  idleTimeoutMs: number;
  maxFileBytes: number;
  /** Of an index that is parsed (PyPI). */
  maxIndexBytes: number;
  /** Connections per upstream origin. */
  upstreamConnections: number;
  /** Connections per door. */
  doorConnections: number;
  /** Files of at least this size are passed on while they arrive: a client would give up waiting for the end of a large one. */
  passOnBytes: number;
  /** How often a request that the upstream failed is tried in all, and the wait before the second try (then doubled). */
  attempts: number;
  retryDelayMs: number;
}

export const gatewayLimits: GatewayLimits = {
  metadataTtlMs: 5 * 60_000,
  negativeTtlMs: 60_000,
  connectTimeoutMs: 10_000,
  idleTimeoutMs: 30_000,
  maxFileBytes: 2 * 1024 ** 3,
  maxIndexBytes: 64 * 1024 ** 2,
  upstreamConnections: 16,
  doorConnections: 256,
  passOnBytes: 1024 ** 2,
  attempts: 3,
  retryDelayMs: 300,
};

/** What a node of the chaos test is told, as JSON in its first argument. */
export interface NodeTask {
  name: string;
  /** Of this node alone: sockets, repositories. */
  home: string;
  /** Of all nodes: ledger, archive, blobs, keys. */
  shared: string;
  /** As the text of slowlane.yaml would be read. */
  config: unknown;
  /** Digest of a script -> its name. */
  scripts: Record<string, string>;
  firedFile: string;
  samplesFile: string;
  /** Its clock is so far ahead of the machine's; negative = behind. */
  clockOffMs?: number;
}

/** Short, so that what a dead node held passes on within seconds. */
export const queueLeaseMs = 1_500;

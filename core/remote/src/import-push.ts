import type { Readable } from 'node:stream';

/**
 * Takes the objects of one pushed commit (a git pack: the commit and its whole history) into the mirror that builds read from, and keeps
 * the commit there. Repeating it does no harm. Throws `source.*` when the pack is not what it should be.
 */
export type ImportPush = (pipeline: string, commit: string, pack: Readable) => Promise<void>;

import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FileRecord } from './schema.ts';
import { FileRecord as FileRecordSchema } from './schema.ts';

/** What is known of each gateway path, across restarts. */
export interface FileIndex {
  get(path: string): Promise<FileRecord | undefined>;
  put(record: FileRecord): Promise<void>;
}

const MAX_IN_MEMORY = 20_000;

/**
 * One small file per path, written by rename: a kill leaves the old or the new record. No fsync and no common file, so that a thousand
 * downloads do not wait for each other; a record that a power cut loses or damages costs one more download.
 */
export function createFileIndex(folder: string): FileIndex {
  const recent = new Map<string, FileRecord>();

  function remember(record: FileRecord): void {
    recent.delete(record.path);
    recent.set(record.path, record);
    if (recent.size > MAX_IN_MEMORY) recent.delete(recent.keys().next().value as string);
  }

  return {
    async get(path) {
      const known = recent.get(path) ?? (await read(fileOf(folder, path)));
      if (known === undefined || known.path !== path) return undefined;
      remember(known);
      return known;
    },
    async put(record) {
      remember(record);
      await write(fileOf(folder, record.path), record);
    },
  };
}

function fileOf(folder: string, path: string): string {
  const hex = createHash('sha256').update(path).digest('hex');
  return join(folder, hex.slice(0, 2), `${hex.slice(2, 40)}.json`);
}

async function read(file: string): Promise<FileRecord | undefined> {
  try {
    return FileRecordSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

async function write(file: string, record: FileRecord): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o755 });
  const temporary = `${file}.${randomUUID()}.tmp`;
  await writeFile(temporary, JSON.stringify(record));
  await rename(temporary, file);
}

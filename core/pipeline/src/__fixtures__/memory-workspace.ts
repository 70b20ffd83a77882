import { buffer } from 'node:stream/consumers';
import { SlowLaneError } from '@slowlane/contracts';
import type { DatabricksClient, Job, JobSettings } from '@slowlane/databricks';

export interface MemoryWorkspace {
  client: DatabricksClient;
  jobs: Map<string, JobSettings>;
  files: Map<string, Buffer>;
  /** Language and text of imported notebooks, and texts of imported files, by path. */
  objects: Map<string, { language: string | undefined; text: string }>;
  /** How often bytes were really sent. */
  uploads: string[];
  /** Called before each creation is answered; throw to lose the reply (the job is made). */
  onCreated: (settings: JobSettings) => void;
}

/** As much of a workspace as publish and register use. */
export function createMemoryWorkspace(): MemoryWorkspace {
  const jobs = new Map<string, JobSettings>();
  const files = new Map<string, Buffer>();
  const objects: MemoryWorkspace['objects'] = new Map();
  const workspace: MemoryWorkspace = {
    jobs,
    files,
    objects,
    uploads: [],
    onCreated: () => undefined,
    client: {
      jobs: {
        async create(settings: JobSettings) {
          const jobId = String(jobs.size + 1);
          jobs.set(jobId, structuredClone(settings));
          workspace.onCreated(settings);
          return { jobId };
        },
        async get(jobId: string) {
          const settings = jobs.get(jobId);
          if (settings === undefined) throw new SlowLaneError('workspace.not-found', `no job ${jobId}`);
          return jobOf(jobId, settings);
        },
        async list(query?: { name?: string }) {
          const all = [...jobs].map(([jobId, settings]) => jobOf(jobId, settings));
          return all.filter((job) => query?.name === undefined || job.settings['name'] === query.name);
        },
      },
      workspace: {
        mkdirs: async () => undefined,
        async import({ path, content, language }: { path: string; content: Uint8Array; language?: string }) {
          objects.set(path, { language, text: Buffer.from(content).toString('utf8') });
        },
      },
      files: {
        async head(path: string) {
          const bytes = files.get(path);
          return bytes === undefined ? undefined : { size: bytes.length, lastModified: undefined };
        },
        async upload(path: string, open: () => Promise<NodeJS.ReadableStream>, { size }: { size: number }) {
          const bytes = await buffer(await open());
          if (bytes.length !== size) throw new Error(`${path}: ${bytes.length} bytes instead of ${size}`);
          workspace.uploads.push(path);
          files.set(path, bytes);
        },
        mkdir: async () => undefined,
      },
    } as unknown as DatabricksClient,
  };
  return workspace;
}

function jobOf(jobId: string, settings: JobSettings): Job {
  return { jobId, settings, creator: undefined, createdAt: undefined };
}

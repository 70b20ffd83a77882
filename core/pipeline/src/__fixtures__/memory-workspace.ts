import { buffer } from 'node:stream/consumers';
import { SlowLaneError } from '@slowlane/contracts';
import type { DatabricksClient, Job, JobSettings } from '@slowlane/databricks';

export interface MemoryWorkspace {
  client: DatabricksClient;
  jobs: Map<string, JobSettings>;
  files: Map<string, Buffer>;
  /** How often bytes were really sent. */
  uploads: string[];
  /** Called before each creation is answered; throw to lose the reply (the job is made). */
  onCreated: (settings: JobSettings) => void;
}

/** As much of a workspace as publish and register use. */
export function createMemoryWorkspace(): MemoryWorkspace {
  const jobs = new Map<string, JobSettings>();
  const files = new Map<string, Buffer>();
  const workspace: MemoryWorkspace = {
    jobs,
    files,
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

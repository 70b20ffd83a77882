import type { Json, JsonObject } from '../common.ts';
import type { ResultFile } from './request-lane.ts';

/** Outgoing GETs of look-ups. Refuses hosts that the policy does not name and addresses inside the network (`mediate.lookup-refused`), follows no redirect. */
export interface HttpLookups {
  /** Status and JSON of the answer (`undefined` where it is not JSON). Throws `mediate.lookup-unavailable` when there is none in time, or it is larger than `maxBytes`. */
  get(
    url: string,
    limits: { timeoutMs: number; maxBytes: number },
  ): Promise<{ status: number; json: Json | undefined }>;
}

/**
 * Runs mediator modules (`operation.mediate.module`) away from everything: no network, no files, a limit of time and memory for each call. Throws
 * `mediate.failed` that names module and line, whatever the module did.
 */
export interface ModuleHost {
  /** Names of the functions that the module exports; loads it, so a module that does not load is told here. */
  functionsOf(module: MediatorModule): Promise<string[]>;
  call(module: MediatorModule, name: 'mediate' | 'join', args: readonly Json[]): Promise<Json>;
  close(): Promise<void>;
}

export interface MediatorModule {
  /** For messages: `./mediate.ts`. */
  name: string;
  /** TypeScript that Node can strip. */
  code: string;
}

/** What `mediate(request)` of a module gets: the body after defaults, enrich and filter. */
export interface ModuleRequest {
  body: JsonObject;
  /** Most parts that may be returned. */
  mostParts: number;
}

/** What it returns: parts, nothing to do, or a refusal that the caller reads. */
export type ModuleAnswer =
  { parts: { key?: string; document: JsonObject }[] } | { nothingToDo: true | string } | { refuse: string };

/** What `join(parts, request)` of a module gets for each part. */
export interface ModulePart {
  key: string;
  state: 'succeeded' | 'failed' | 'timed-out' | 'cancelled';
  document: JsonObject;
  /** Names and sizes; the bytes stay on the volume. */
  files: Pick<ResultFile, 'name' | 'size'>[];
  failure?: { code: string; message: string };
}

/** What it returns. `summary` becomes the result file `summary.json`; `leaveOut` names parts whose files do not belong to the result. */
export type ModuleJoin = { fail: string } | { summary?: JsonObject; leaveOut?: string[] };

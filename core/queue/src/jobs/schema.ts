import { z } from 'zod';

export const BuildJob = z.strictObject({ buildId: z.string().min(1) });
export type BuildJob = z.infer<typeof BuildJob>;

export const RequestJob = z.strictObject({ requestId: z.string().min(1) });
export type RequestJob = z.infer<typeof RequestJob>;

export const PartJob = z.strictObject({ partId: z.string().min(1) });
export type PartJob = z.infer<typeof PartJob>;

/** Subjects that came together and that one queue job carries, each with the nonce of its own trigger. */
export const BatchJob = z.strictObject({
  kind: z.enum(['mediate', 'submit', 'finish', 'notify']),
  batch: z.array(z.strictObject({ id: z.string().min(1), nonce: z.string().min(1) })).min(2),
});
export type BatchJob = z.infer<typeof BatchJob>;
export type BatchKind = BatchJob['kind'];

const batchKinds: ReadonlySet<string> = new Set(BatchJob.shape.kind.options);

export function isBatchKind(kind: string): kind is BatchKind {
  return batchKinds.has(kind);
}

export type PayloadSchema = z.ZodType<Record<string, string>>;
export type PayloadOf<Schema extends PayloadSchema> = z.infer<Schema>;

import { z } from 'zod';

export const BuildJob = z.strictObject({ buildId: z.string().min(1) });
export type BuildJob = z.infer<typeof BuildJob>;

export const RequestJob = z.strictObject({ requestId: z.string().min(1) });
export type RequestJob = z.infer<typeof RequestJob>;

export const PartJob = z.strictObject({ partId: z.string().min(1) });
export type PartJob = z.infer<typeof PartJob>;

export type PayloadSchema = z.ZodType<Record<string, string>>;
export type PayloadOf<Schema extends PayloadSchema> = z.infer<Schema>;

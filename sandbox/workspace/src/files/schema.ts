import { z } from 'zod';

const token = z.string().min(1).max(200);
/** A page of 0 is as large as pages get. */
export const ListDirectory = z.object({
  page_size: z
    .string()
    .regex(/^\d{1,9}$/, 'must be a number')
    .transform(Number)
    .optional(),
  page_token: z.string().max(2_000).optional(),
});

const path = z.string().min(1).max(4_096);

export const PartUrls = z.object({
  path,
  session_token: token,
  start_part_number: z.int().min(1).max(10_000),
  count: z.int().min(1).max(100),
  expire_time: z.iso.datetime().optional(),
});
export const AbortUrl = z.object({ path, session_token: token, expire_time: z.iso.datetime().optional() });
export const CompleteUpload = z.object({
  parts: z
    .array(z.object({ part_number: z.int().min(1).max(10_000), etag: z.string().max(200) }))
    .min(1)
    .max(10_000),
});

import { z } from 'zod';

const token = z.string().min(1).max(200);
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

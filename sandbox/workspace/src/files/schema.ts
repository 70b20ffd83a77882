import { z } from 'zod';

const token = z.string().min(1).max(200);
/** A page of 0 is as large as pages get. */
const pageSize = z
  .string()
  .regex(/^\d{1,9}$/, 'must be a number')
  .transform(Number)
  .optional();
const pageToken = z.string().max(2_000).optional();

export const ListDirectory = z.object({ page_size: pageSize, page_token: pageToken });

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

/** One part of a full name `catalog.schema.volume`; a folder of that name holds it, so what begins with a dot is never one. */
export const VolumePart = z
  .string()
  .regex(/^[^./\s\p{Cc}]{1,255}$/u, 'must be a name without dots, slashes, spaces and control characters')
  .refine((name) => Buffer.byteLength(name) <= 255, 'must have at most 255 bytes');

export const CreateVolume = z.object({
  catalog_name: VolumePart,
  schema_name: VolumePart,
  name: VolumePart,
  volume_type: z.enum(['MANAGED', 'EXTERNAL']),
  comment: z.string().max(4_096).optional(),
  storage_location: z.string().max(4_096).optional(),
});

export const ListVolumes = z.object({
  catalog_name: VolumePart,
  schema_name: VolumePart,
  max_results: pageSize,
  page_token: pageToken,
});

export const UpdateVolume = z.object({
  new_name: VolumePart.optional(),
  comment: z.string().max(4_096).optional(),
  owner: z.string().min(1).max(255).optional(),
});

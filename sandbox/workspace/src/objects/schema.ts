import { z } from 'zod';

const path = z.string().min(1).max(4_096);

export const PathQuery = z.object({ path });
export const Mkdirs = z.object({ path });
export const DeleteObject = z.object({ path, recursive: z.boolean().default(false) });
export const ExportQuery = z.object({
  path,
  format: z.string().optional(),
  direct_download: z.enum(['true', 'false']).optional(),
});

/** A form sends its booleans as words. */
const bool = z.union([z.boolean(), z.enum(['true', 'false']).transform((word) => word === 'true')]);

export const ImportObject = z.object({
  path,
  content: z.string().default(''),
  format: z.string().optional(),
  language: z.string().optional(),
  overwrite: bool.default(false),
});

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

const Named = z
  .object({ name: z.string().max(100).optional(), language: z.string().max(100).optional() })
  .optional()
  .catch(undefined);
export const JupyterNotebook = z.object({
  cells: z
    .array(z.object({ cell_type: z.string().max(40), source: z.union([z.string(), z.array(z.string())]).default('') }))
    .max(100_000),
  metadata: z
    .object({ language_info: Named, kernelspec: Named })
    .default({ language_info: undefined, kernelspec: undefined }),
});
export type JupyterNotebook = z.infer<typeof JupyterNotebook>;
export const Language = z.enum(['PYTHON', 'SCALA', 'SQL', 'R']);

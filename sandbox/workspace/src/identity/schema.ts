import { z } from 'zod';

export const CreateToken = z.object({
  comment: z.string().max(1_000).default(''),
  /** Seconds; -1 or nothing = it never expires. */
  lifetime_seconds: z
    .int()
    .min(-1)
    .max(10 * 366 * 86_400)
    .optional(),
});
export const DeleteToken = z.object({ token_id: z.string().min(1).max(100) });

export const TokenForm = z.object({
  grant_type: z.string().max(200).default(''),
  scope: z.string().max(1_000).default('all-apis'),
  client_id: z.string().max(200).optional(),
  client_secret: z.string().max(1_000).optional(),
});

export const NewServicePrincipal = z.strictObject({
  display_name: z.string().min(1).max(200),
  admin: z.boolean().default(true),
  /** Made up when left out. */
  client_id: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,100}$/)
    .optional(),
  client_secret: z.string().min(8).max(200).optional(),
});
export const TokenLifetime = z.strictObject({ lifetime_seconds: z.int().min(1).max(86_400) });

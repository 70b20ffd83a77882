import { z } from 'zod';

/** @see https://docs.databricks.com/api/workspace/secrets (names: letters, digits, `-`, `_`, `@`, `.`, at most 128) */
const name = z.string().regex(/^[A-Za-z0-9_@.-]{1,128}$/, 'must be 1 to 128 letters, digits, "-", "_", "@" or "."');
const principal = z.string().min(1).max(255);

export const ScopeBody = z.object({ scope: name });
export const CreateScope = z.object({
  scope: name,
  initial_manage_principal: z.string().max(255).optional(),
  scope_backend_type: z.string().max(40).default('DATABRICKS'),
});
export const PutSecret = z.object({
  scope: name,
  key: name,
  string_value: z.string().optional(),
  bytes_value: z.string().optional(),
});
export const SecretName = z.object({ scope: name, key: name });
export const PutAcl = z.object({ scope: name, principal, permission: z.enum(['READ', 'WRITE', 'MANAGE']) });
export const AclName = z.object({ scope: name, principal });

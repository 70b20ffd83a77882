import { Id, Name } from '@slowlane/contracts';
import { z } from 'zod';

/** Parts of calls that several routes share. */
export const ById = z.object({ id: Id });
export const ByName = z.object({ name: Name });
/** Id of anything in a chain: our own, a run's, a digest, a commit. */
export const AnyId = z.object({ id: z.string().regex(/^[A-Za-z0-9_:.-]{1,100}$/) });

export const Page = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  /** `next` of the page before. */
  before: Id.optional(),
});

export const Dimension = z
  .string()
  .regex(
    /^(\*|(op|pool|ws|res):[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?|(tn|bud):[A-Za-z0-9](?:[A-Za-z0-9._@-]{0,62}[A-Za-z0-9])?|quota:[a-z0-9][a-z0-9._-]{0,63}:[a-z0-9-]{1,64})$/,
    '"*", or "op:", "pool:", "ws:", "res:", "tn:", "bud:" or "quota:<workspace>:" and a name',
  );

export const Scope = z
  .string()
  .regex(
    /^(admin|read|build|pipeline|gate|deps|(push|request):(\*|[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?)|tenant:(\*|[A-Za-z0-9](?:[A-Za-z0-9._@-]{0,62}[A-Za-z0-9])?))$/,
    'admin, read, build, pipeline, gate, deps, push:<pipeline or *>, request:<operation or *> or tenant:<tenant or *>',
  );

export const IdempotencyKey = z.string().regex(/^[\x21-\x7e]{1,255}$/, '1 to 255 visible ASCII characters');

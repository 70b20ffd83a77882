import type { LinkRevocations } from '@slowlane/contracts';
import type { Databases } from './open-database.ts';

export function createRevocationStore({ read, exclusive }: Databases): LinkRevocations {
  const put = (request: string, signature: string, { by, at }: { by: string; at: number }): Promise<unknown> =>
    exclusive(`revocation/${request}`, (db) =>
      db
        .insertInto('revoked_links')
        .values({ request, signature, by, at })
        .onConflict((known) => known.columns(['request', 'signature']).doUpdateSet({ by, at }))
        .execute(),
    );
  return {
    async of(request) {
      const rows = await read.selectFrom('revoked_links').selectAll().where('request', '=', request).execute();
      return {
        allUntil: rows.find(({ signature }) => signature === '')?.at,
        signatures: rows.flatMap(({ signature }) => (signature === '' ? [] : [signature])),
      };
    },
    async revokeAll(request, word) {
      await put(request, '', word);
    },
    async revoke(request, signature, word) {
      await put(request, signature, word);
    },
  };
}

export const digest = (hex: string): `sha256:${string}` => `sha256:${hex.repeat(64).slice(0, 64)}`;
export const secrets = {
  admin: 'sl_admin000_aaaaaaaaaaaaaaaaaaaaaaaa',
  read: 'sl_read0000_aaaaaaaaaaaaaaaaaaaaaaaa',
  client: 'sl_client00_aaaaaaaaaaaaaaaaaaaaaaaa',
  author: 'sl_author00_aaaaaaaaaaaaaaaaaaaaaaaa',
  nothing: 'sl_nothing0_aaaaaaaaaaaaaaaaaaaaaaaa',
};
export const scopes: Record<keyof typeof secrets, string[]> = {
  admin: ['admin'],
  read: ['read'],
  client: ['request:daily-sales'],
  author: ['push:daily-sales', 'build', 'pipeline'],
  nothing: ['deps'],
};

export function bearer(who: keyof typeof secrets): { authorization: string } {
  return { authorization: `Bearer ${secrets[who]}` };
}

import { PlanRefusal } from '@slowlane/contracts';
import type { Artifact } from './schema.ts';

/** Address of a JAR outside repositories, and where the gateway serves it: `web/https/example.org/x.jar`. */
export interface WebAddress {
  path: string;
  fileName: string;
}

export function webAddressOf({ url, github }: Artifact, source: string): WebAddress {
  const address =
    github === undefined
      ? (url as string)
      : `https://github.com/${github.repo}/releases/download/${github.tag}/${github.asset}`;
  const parsed = URL.canParse(address) ? new URL(address) : undefined;
  const refused = (why: string): PlanRefusal => new PlanRefusal('plan.refused', `${source}: url ${address} ${why}`);
  if (parsed === undefined || (parsed.protocol !== 'https:' && parsed.protocol !== 'http:'))
    throw refused('is no http(s) address');
  if (parsed.username !== '' || parsed.password !== '')
    throw refused('holds credentials; the platform team can name the server as a registry instead');
  if (parsed.search !== '' || parsed.hash !== '') throw refused('has a query or a fragment, which are not passed on');
  // `..` would lead out of the repository that the address seems to name.
  if (!address.endsWith(parsed.pathname) || /\/\.{1,2}\//.test(decodable(address)))
    throw refused(`is not written plainly; it would be ${parsed.href}`);
  const fileName = parsed.pathname.slice(parsed.pathname.lastIndexOf('/') + 1);
  if (!/^[A-Za-z0-9._+~-]{1,200}\.jar$/.test(fileName)) throw refused('does not end in the name of a .jar');
  return { path: `web/${parsed.protocol.slice(0, -1)}/${parsed.host}${parsed.pathname}`, fileName };
}

/** With its dots and slashes as they are, however they are written. */
function decodable(address: string): string {
  return address.replaceAll(/%2e/gi, '.').replaceAll(/%2f/gi, '/');
}

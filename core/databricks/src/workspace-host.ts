import { SlowLaneError } from '@slowlane/contracts';

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** The workspace's origin. Anything but https is refused, because the token travels in a header; plain http is for loopback only. */
export function workspaceHost(host: string): URL {
  if (!URL.canParse(host)) throw refused(host, 'it is not a URL');
  const url = new URL(host);
  if (url.username !== '' || url.password !== '') throw refused(host, 'it holds credentials');
  if (url.protocol === 'https:') return url;
  if (url.protocol === 'http:' && loopback.test(url.hostname)) return url;
  throw refused(host, 'only https is allowed (plain http for loopback)');
}

function refused(host: string, why: string): SlowLaneError {
  return new SlowLaneError('config.invalid', `workspace address "${host}": ${why}`, {
    hint: 'Write it as https://HOST in slowlane.yaml.',
  });
}

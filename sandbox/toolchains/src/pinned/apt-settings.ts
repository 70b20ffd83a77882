import { existsSync, readdirSync } from 'node:fs';
import { run } from '@slowlane/process';

/** Where apt of this machine gets packages from, and how it gets there: its own files, and its settings about proxies and certificates. */
export async function aptSettings(etc = '/etc/apt'): Promise<{ sources: string[]; settings: string[] }> {
  const folder = `${etc}/sources.list.d`;
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => /\.(list|sources)$/.test(name)) : [];
  const files = [`${etc}/sources.list`, ...names.sort().map((name) => `${folder}/${name}`)].filter((file) =>
    existsSync(file),
  );
  const dumped = await run(['/usr/bin/apt-config', 'dump', '--no-empty', '--format', '%f "%v";%n', 'Acquire']);
  const settings = dumped.stdout
    .split('\n')
    .filter((line) => /^Acquire::https?::(?:[^ ]*::)?(?:Proxy|CaInfo|Verify-Peer)\b/i.test(line));
  return { sources: files, settings };
}

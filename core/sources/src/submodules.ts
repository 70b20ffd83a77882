import { SlowLaneError } from '@slowlane/contracts';
import { mapGitFailure } from './git-failure.ts';
import { type GitPlace, runGit } from './git.ts';

const MAX_BYTES = 256 * 1024;

/**
 * Path -> address of the submodules that `.gitmodules` of a commit declares; relative addresses are resolved against `url`. Only paths and
 * addresses are read: names, update commands and branches in it mean nothing here.
 */
export async function readSubmodules(
  place: GitPlace,
  commit: string,
  url: string | undefined,
): Promise<Map<string, string>> {
  const modules = new Map<string, { path?: string; url?: string }>();
  for (const entry of (await readFileOf(place, commit)).split('\0')) {
    const [key, ...value] = entry.split('\n');
    const parts = /^submodule\.([^]+)\.(path|url)$/.exec(key ?? '');
    if (parts === null) continue;
    const [, name, field] = parts as unknown as [string, string, 'path' | 'url'];
    modules.set(name, { ...modules.get(name), [field]: value.join('\n') });
  }
  return new Map(
    [...modules.values()].flatMap((module) =>
      module.path === undefined || module.url === undefined ? [] : [[module.path, absolute(module.url, url)] as const],
    ),
  );
}

async function readFileOf(place: GitPlace, commit: string): Promise<string> {
  try {
    const argv = ['config', '--no-includes', '--null', '--blob', `${commit}:.gitmodules`, '--list'];
    return await runGit(place, argv, { maxOutputBytes: MAX_BYTES });
  } catch (error) {
    if (error instanceof SlowLaneError) throw error;
    throw mapGitFailure(error, `.gitmodules of commit ${commit}`, 'source.refused');
  }
}

/** `../lib.git` beside `https://host/team/job.git` is `https://host/team/lib.git`. The result is checked where it is fetched. */
function absolute(text: string, parent: string | undefined): string {
  if (!text.startsWith('./') && !text.startsWith('../')) return text;
  if (parent === undefined) {
    throw new SlowLaneError('source.refused', `submodule address ${JSON.stringify(text.slice(0, 200))} is relative`, {
      hint: 'A pushed repository has no address of its own: write whole https addresses in .gitmodules.',
    });
  }
  const base = parent.startsWith('/') ? `file://${parent}` : parent;
  return new URL(text, `${base.replace(/\/+$/, '')}/`).href;
}

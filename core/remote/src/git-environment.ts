import { dirname } from 'node:path';

/** What git may do in a repository that strangers push to. Given by environment, so that no file in a repository can be older or other. */
const settings: Readonly<Record<string, string>> = {
  'transfer.fsckObjects': 'true',
  'receive.fsckObjects': 'true',
  'receive.autogc': 'false',
  'receive.denyDeleteCurrent': 'ignore',
  'gc.auto': '0',
  'maintenance.auto': 'false',
  'core.fsmonitor': 'false',
  'core.symlinks': 'false',
  'core.logAllRefUpdates': 'always',
  'uploadpack.allowFilter': 'false',
  'protocol.allow': 'never',
};

/** The whole environment of a git process: no configuration of the machine or of a user reaches it. */
export function gitEnvironment(gitPath: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const entries = Object.entries({ ...settings, ...more });
  const env: Record<string, string> = {
    PATH: `${dirname(gitPath)}:/usr/bin:/bin`,
    HOME: '/nonexistent',
    LANG: 'C.UTF-8',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_COUNT: String(entries.length),
  };
  for (const [index, [key, value]] of entries.entries()) {
    env[`GIT_CONFIG_KEY_${index}`] = key;
    env[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return env;
}

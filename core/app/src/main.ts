import { readFileSync } from 'node:fs';
import { runProgram } from '@slowlane/cli';
import { createClient } from '@slowlane/client';
import { createLocalCommands } from './commands/local-commands.ts';
import { callerToken } from './commands/caller-token.ts';
import { repository, thisInstallation } from './processes/installation.ts';

/** The command line: `./slowlane` ends up here, with Node 24 and the npm packages in place. */
const { version } = JSON.parse(readFileSync(`${repository}/package.json`, 'utf8')) as { version: string };
const abort = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    process.once(signal, () => process.exit(130));
    abort.abort();
  });
}

process.exitCode = await runProgram(process.argv.slice(2), {
  version,
  stdout: process.stdout,
  stderr: process.stderr,
  context: {
    client() {
      const installation = thisInstallation();
      return createClient({ url: installation.url, token: callerToken(installation) });
    },
    local: createLocalCommands(abort.signal),
    signal: abort.signal,
  },
});

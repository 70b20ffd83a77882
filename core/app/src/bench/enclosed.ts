import { join } from 'node:path';
import type { BenchView } from '@slowlane/cli';
import { callerEnvironment } from '@slowlane/config';
import { type Failure, SlowLaneError } from '@slowlane/contracts';
import { start } from '@slowlane/process';
import { text } from 'node:stream/consumers';
import { type Installation, startingPoint } from '../processes/installation.ts';

/** Root's helper sees the installation at other paths than root's shell, and serves the service user: the bench is run as that user, there. */
export async function benchEnclosed(installation: Installation, suites: readonly string[]): Promise<BenchView> {
  const { account, enclosure } = await startingPoint(installation);
  const { environment, paths, repository } = installation;
  const { inside } = enclosure;
  const program = [
    inside(paths.nodeBinary),
    '--disable-warning=ExperimentalWarning',
    inside(join(repository, 'core/app/src/main.ts')),
  ];
  const child = start([...enclosure.prefix(account), ...program, 'bench', ...suites, '--json'], {
    cwd: '/',
    env: {
      ...callerEnvironment(),
      HOME: inside(environment.home),
      SLOWLANE_HOME: inside(environment.home),
      SLOWLANE_GROUND: inside(environment.ground),
      ...(environment.isConfigNamed && { SLOWLANE_CONFIG: inside(environment.configFile) }),
    },
    stdin: 'ignore',
    stderr: 'inherit',
  });
  const document = JSON.parse(await text(child.stdout as NodeJS.ReadableStream as never)) as BenchView & {
    error?: Failure;
  };
  if (document.error !== undefined) throw SlowLaneError.from(document.error);
  return document;
}

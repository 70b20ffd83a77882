import type { RootSpec, SandboxCommand, SandboxSpec } from '@slowlane/contracts';
import { eventsTarget, sparkHome } from '../runs/submit-arguments.ts';

const mib = 1_024 ** 2;
const port = 18_080;
const folderTarget = '/spark-ui';
export const doorName = 'door';
export const loggingName = 'log4j2.properties';

export interface HistorySandboxInput {
  id: string;
  root: RootSpec;
  /** The run's event logs, which it may only read. */
  events: string;
  /** Holds the logging properties, and gets the socket. */
  folder: string;
  /** Text of the program that lets callers in. */
  wayIn: string;
}

/**
 * Spark's own History Server over the event logs of one run. It reads what a stranger's program has written, so it sees nothing else: no other run, no
 * volume, no network but its own `lo`; the only way in is a Unix socket in its folder.
 */
export function historySandbox(input: HistorySandboxInput): { spec: SandboxSpec; command: SandboxCommand } {
  const spec: SandboxSpec = {
    id: input.id,
    root: input.root,
    mounts: [
      { kind: 'ro', source: input.events, target: eventsTarget },
      { kind: 'rw', source: input.folder, target: folderTarget },
    ],
    env: {
      ...{ HOME: '/tmp', LANG: 'C.UTF-8', TZ: 'UTC', PATH: '/usr/bin:/bin' },
      ...{ SPARK_HOME: sparkHome, SPARK_CONF_DIR: '/tmp', SPARK_LOCAL_IP: '127.0.0.1' },
      SPARK_DAEMON_MEMORY: '320m',
      SPARK_HISTORY_OPTS: serverOptions.join(' '),
    },
    limits: {
      // Idle ones are ended long before; 24 days is what a timer can hold.
      wallMs: 2_147_483_647,
      ...{ memoryBytes: 640 * mib, pids: 512, cpus: 1 },
      ...{ workBytes: mib, workInodes: 1_000, outputBytes: 16 * mib, tmpBytes: 64 * mib },
    },
    work: { kind: 'none' },
    identity: 'shared-group',
  };
  const server = [`${sparkHome}/bin/spark-class`, 'org.apache.spark.deploy.history.HistoryServer'];
  const wayIn = ['/usr/bin/python3', '-I', '-c', input.wayIn, `${folderTarget}/${doorName}`, String(port)];
  return { spec, command: { argv: [...wayIn, ...server], cwd: '/tmp', net: { mode: 'none' } } };
}

const serverOptions = [
  `-Dspark.history.fs.logDirectory=file:${eventsTarget}`,
  `-Dspark.history.ui.port=${port}`,
  // Of an application in progress: what the next page shows is at most this old.
  '-Dspark.history.fs.update.interval=2s',
  `-Dlog4j2.configurationFile=file:${folderTarget}/${loggingName}`,
  ...['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:ActiveProcessorCount=1'],
];

import { scratchTarget } from './run-folders.ts';
import { libraryTarget, sparkHome } from './submit-arguments.ts';

/** Environment of every process of Spark: drivers, masters and workers. What the cluster asks for stands over `defaults`, and under what makes it work here. */
export function sparkEnvironment(
  asked: Readonly<Record<string, string>>,
  { defaults = {}, isElsewhere = false }: { defaults?: Record<string, string>; isElsewhere?: boolean } = {},
): Record<string, string> {
  return {
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    PATH: '/usr/bin:/bin',
    HOME: `${scratchTarget}/home`,
    TMPDIR: `${scratchTarget}/tmp`,
    PYSPARK_PYTHON: '/usr/bin/python3',
    ...defaults,
    ...asked,
    PYTHONPATH: [asked['PYTHONPATH'], libraryTarget, '/opt/site'].filter((path) => (path ?? '') !== '').join(':'),
    SPARK_HOME: sparkHome,
    SPARK_CONF_DIR: `${scratchTarget}/conf`,
    ...(isElsewhere ? {} : { SPARK_LOCAL_IP: '127.0.0.1' }),
    SPARK_LOCAL_DIRS: `${scratchTarget}/spark`,
  };
}

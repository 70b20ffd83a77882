import { join } from 'node:path';
import { writeShared } from '../programs/write-shared.ts';
import { consoleLogging } from './console-logging.ts';
import { makeShared } from './run-folders.ts';

/** The scratch folder as every driver finds it. `conf` stays empty: a folder with files on the class path would rule out the class archive. */
export async function stageScratch(scratch: string): Promise<void> {
  await makeShared(scratch);
  for (const name of ['code', 'conf', 'home', 'lib', 'notebooks', 'spark', 'tmp', 'workspace'])
    await makeShared(join(scratch, name));
  await writeShared(join(scratch, 'log4j2.properties'), loggingProperties);
}

/** Spark's own messages go to stderr from WARN on, as in its shells: the log of a run is for what the program prints. */
const loggingProperties = `${consoleLogging('warn')}logger.hadoop.name = org.apache.hadoop.util.NativeCodeLoader
logger.hadoop.level = error
`;

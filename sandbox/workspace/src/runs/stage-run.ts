import { join } from 'node:path';
import { writeShared } from '../programs/write-shared.ts';
import { consoleLogging } from './console-logging.ts';
import { makeShared, scratchTarget } from './run-folders.ts';

/** The scratch folder as every driver finds it. `conf` stays empty: a folder with files on the class path would rule out the class archive. `hasLogFile`: Spark writes a whole log of its own beside what it prints. */
export async function stageScratch(scratch: string, { hasLogFile = false } = {}): Promise<void> {
  await makeShared(scratch);
  for (const name of ['code', 'conf', 'home', 'lib', 'notebooks', 'spark', 'tmp', 'workspace'])
    await makeShared(join(scratch, name));
  await writeShared(join(scratch, 'log4j2.properties'), hasLogFile ? fileLogging : loggingProperties);
}

/** Spark's own messages go to stderr from WARN on, as in its shells: the log of a run is for what the program prints. */
const loggingProperties = `${consoleLogging('warn')}logger.hadoop.name = org.apache.hadoop.util.NativeCodeLoader
logger.hadoop.level = error
`;

/** The same on stderr; everything from INFO on goes to the file that log delivery calls by this name. */
const fileLogging = `${loggingProperties}rootLogger.level = info
rootLogger.appenderRef.stderr.level = warn
rootLogger.appenderRef.file.ref = file
appender.file.type = File
appender.file.name = file
appender.file.fileName = ${scratchTarget}/log4j-active.log
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n%ex
`;

/** Log4j properties: Spark's own messages from a level on, to stderr. */
export function consoleLogging(level: 'info' | 'warn'): string {
  return `rootLogger.level = ${level}
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n%ex
`;
}

/** What a runtime version of the workspace brings: an artifact is checked against this before anything is uploaded. */
export interface Runtime {
  /** Value of `spark_version`, also the key users write under `job.runtime`. */
  version: string;
  spark: string;
  /** Scala binary version that JARs must be built for. */
  scala: string;
  java: number;
  /** Highest class-file major version that the runtime's JVM loads (JVMS table 4.1-A). */
  classFile: number;
  python: string;
}

/** @see https://docs.databricks.com/release-notes/runtime/ (versions of Spark, Scala, Java and Python per runtime) */
export const runtimes: readonly Runtime[] = [
  { version: '17.3.x-scala2.13', spark: '4.0', scala: '2.13', java: 17, classFile: 61, python: '3.12' },
  { version: '16.4.x-scala2.13', spark: '3.5', scala: '2.13', java: 17, classFile: 61, python: '3.12' },
  { version: '16.4.x-scala2.12', spark: '3.5', scala: '2.12', java: 17, classFile: 61, python: '3.12' },
  { version: '15.4.x-scala2.12', spark: '3.5', scala: '2.12', java: 8, classFile: 52, python: '3.11' },
];

export function findRuntime(version: string): Runtime | undefined {
  return runtimes.find((runtime) => runtime.version === version);
}

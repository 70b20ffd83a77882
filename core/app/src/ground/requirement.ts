/** How a missing requirement is brought to the machine. */
export type Remedy =
  | { kind: 'apt'; packages: string[] }
  | { kind: 'pip'; package: string; target: string }
  | { kind: 'maven'; coordinates: string; file: string }
  | { kind: 'classes'; site: string; jdk(): string | undefined }
  | { kind: 'user'; name: string }
  | { kind: 'by-hand'; line: string };

/** Something the machine must have. `find` returns what was found (a version or a path), quickly: no JVM is started. */
export interface Requirement {
  name: string;
  /** What it is for, in a few words. */
  use: string;
  find(): Promise<string | undefined>;
  remedy: Remedy;
  /** Used where it is there; `doctor` shows the line, and nothing installs it by itself. */
  optional?: true;
}

/** One row of `slowlane doctor`. */
export interface GroundRow {
  name: string;
  use: string;
  found: string | undefined;
  /** The exact line that installs it, when it is missing. */
  line: string | undefined;
  /** Everything else works without it. */
  optional?: true;
}

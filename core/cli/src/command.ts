import type { SlowLaneClient } from '@slowlane/client';
import type { PipelineFile } from '@slowlane/contracts';

/** One command: what it takes, what it does and how its value looks on a terminal. `--json` prints the value itself. */
export interface Command<Input = CommandInput, Value = unknown> {
  /** `request create`: the words after `slowlane`. */
  name: string;
  summary: string;
  /** More help: what a reader would want to know before running it. */
  details?: string;
  /** Positional arguments in commander's form: `<id>`, `[file]`. */
  args?: { form: string; help: string }[];
  options?: { form: string; help: string; default?: string | boolean; many?: boolean }[];
  run(input: Input, context: CommandContext): Promise<Value>;
  /** Lines for people; nothing when `run` has said it all. */
  render?(value: Value, style: Style): string[];
}

/** Positional arguments by position, options by name. */
export interface CommandInput {
  args: (string | undefined)[];
  options: Record<string, string | string[] | boolean | undefined>;
}

export interface CommandContext {
  client(): SlowLaneClient;
  local: LocalCommands;
  /** Progress and remarks: stderr, so that stdout holds the value alone. */
  say(line: string): void;
  /** Live text that is the command's own output (a log): stdout, or stderr with `--json`. */
  write(text: string): void;
  json: boolean;
  signal: AbortSignal;
}

/** What needs the machine rather than a running Slow Lane; `core/app` fills it. */
export interface LocalCommands {
  up(options: { yes: boolean; foreground: boolean }): Promise<UpView>;
  down(options: { runs: boolean }): Promise<{ ended: string[] }>;
  status(): Promise<StatusView>;
  doctor(): Promise<DoctorView>;
  toolchains(): Promise<ToolchainsView>;
  pinToolchain(options: { refresh: boolean }): Promise<PinnedView>;
  listPlugins(): Promise<PluginsView>;
  /** `line`: what to write into slowlane.yaml. */
  newPlugin(name: string, parent: string): Promise<{ folder: string; files: string[]; line: string }>;
  testPlugin(folder: string): Promise<PluginTestView>;
  demo(options: { keep: boolean; yes: boolean }): Promise<object>;
  test(options: {
    suites: string[];
    full: boolean;
    fast: boolean;
    /** Instead of the suites: kills at random for so long. */
    chaos?: { minutes: number; seed: number | undefined };
  }): Promise<TestView>;
  bench(suites: string[]): Promise<BenchView>;
  /** `cursor`: newest event in the ledger of the backup. */
  backup(
    folder: string,
    options: { withKeys: boolean },
  ): Promise<{ folder: string; files: number; bytes: number; cursor: string; tookMs: number }>;
  /** Blobs, and what is published on workspaces. `bytes`: of what was removed; in a dry run: of what would go. */
  gc(options: { dryRun: boolean }): Promise<{
    kept: number;
    removed: number;
    bytes: number;
    published: { jobs: number; artifacts: number; bytes: number; unreachable: { workspace: string; reason: string }[] };
    dryRun: boolean;
  }>;
  restore(folder: string): Promise<{ home: string; files: number; bytes: number; cursor: string; at: number }>;
  /** Returns when `signal` of the context asks for the end; `onUp` is called once it answers. */
  workspaceUp(options: WorkspaceUpOptions): Promise<{ url: string; master: string; ended: string[] }>;
  /** A call of the local workspace's control API, with its token; answers parsed JSON. */
  workspaceCall(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<unknown>;
  /** `onRow` is told of each case as it ends. */
  workspaceConformance(request: ConformanceRequest, onRow: (line: string) => void): Promise<ConformanceView>;
  workspaceEnv(): Promise<{ DATABRICKS_HOST: string; DATABRICKS_TOKEN: string }>;
  readText(file: string): Promise<string>;
  /** A pipeline file with the text of its mediator module filled in. */
  readPipeline(file: string): Promise<string>;
  testOperation(file: string, tests: string | undefined): Promise<OperationTestView>;
  /** A `.tar.gz` of a folder, without `.git` and what its `.gitignore` would not commit where it is a repository. */
  packFolder(folder: string): Promise<{ name: string; bytes: Uint8Array<ArrayBuffer> }>;
  writeFile(file: string, bytes: Uint8Array): Promise<void>;
  validatePipeline(text: string, fileName: string): Promise<PipelineFile>;
}

export interface WorkspaceUpOptions {
  /** Master URL of an existing Spark. */
  master: string | undefined;
  port: number | undefined;
  volumes: string | undefined;
  yes: boolean;
}

export interface ConformanceRequest {
  /** Default: the local workspace. */
  host: string | undefined;
  /** Name of the variable with the token. */
  tokenEnv: string;
  /** Name of the variable with `<client id>:<secret>` of a service principal. */
  principalEnv?: string | undefined;
  /** Default: all. */
  clients: string[];
  glob: string;
  volume: string | undefined;
  sparkVersion: string | undefined;
  nodeType: string | undefined;
}

export interface ConformanceView {
  host: string;
  clients: { name: string; version: string }[];
  rows: { id: string; client: string; verdict: 'pass' | 'fail' | 'differs' | 'skip'; detail: string; tookMs: number }[];
  passed: number;
  failed: number;
  skipped: number;
}

export interface TestView {
  outcomes: { suite: string; passed: number; failed: number; skipped: number; tookMs: number; budgetMs: number }[];
  passed: number;
  failed: number;
  skipped: number;
  /** Failed tests; `message`: the first line of what it said. */
  failures?: { suite: string; file: string; title: string; message: string }[];
  /** What tests of this run have seen: language x stage, driver x abuse test. */
  tables?: { title: string; head: string[]; rows: string[][]; legend: string }[];
}

export interface PluginsView {
  /** `problem`: why it cannot be loaded. */
  plugins: {
    id: string;
    version: string;
    source: 'built-in' | 'folder' | 'npm';
    folder: string;
    recognises: string[];
    toolchains: string[];
    registries: string[];
    problem?: string;
  }[];
}

export interface PluginTestView {
  plugin: string;
  folder: string;
  findings: { test: string; ok: boolean; detail: string }[];
  passed: number;
  failed: number;
}

export interface OperationTestView {
  file: string;
  tests: { name: string; passed: boolean; problems: string[] }[];
  passed: number;
  failed: number;
}

/** Figures as text with their unit; `ratio` is ours to the raw thing's, taken in the same run. */
export interface BenchView {
  rows: { name: string; ours: string; raw: string; ratio: string; target: string; met: boolean }[];
}

export interface UpView {
  url: string;
  workspace: string;
  home: string;
  started: string[];
  tokenFile: string;
  tookMs: number;
}

export interface StatusView {
  url: string;
  processes: { name: string; running: boolean; pid: number | undefined; memoryBytes: number | undefined }[];
  health: Record<string, string>;
}

export interface ToolchainsView {
  /** Digest of the root file system that builds see, tool versions and packages included. */
  root: string;
  /** `inside`: where a build sees it. */
  tools: { name: string; version: string; home: string; inside: string }[];
  missing: { name: string; use: string; remedy: string }[];
}

export interface PinnedView {
  digest: string;
  suite: string;
  packages: { name: string; version: string }[];
  folder: string;
  /** Whether slowlane.yaml makes builds use it. */
  isUsed: boolean;
}

export interface DoctorView {
  ready: boolean;
  ground: { name: string; use: string; found: string | undefined; line: string | undefined }[];
  sandbox:
    | {
        tier: string;
        ok: boolean;
        findings: { test: string; ok: boolean; detail: string }[];
        /** The driver, and the tests of the abuse suite with how many attacks of each held. */
        driver?: string;
        tests?: {
          id: string;
          title: string;
          starred: boolean;
          attacks: number;
          held: number;
          ok: boolean;
          notClaimed?: string;
        }[];
      }
    | undefined;
  /** What the running service says: part or workspace -> `ok` or `failed`; absent while it does not run. */
  service?: Record<string, string> | undefined;
}

export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
  table(rows: string[][], head: string[]): string[];
  time(ms: number): string;
}

export function defineCommand<Value>(command: Command<CommandInput, Value>): Command<CommandInput, unknown> {
  return command as Command<CommandInput, unknown>;
}

/** An option that must be there or have a default. */
export function text(input: CommandInput, name: string): string | undefined {
  const value = input.options[name];
  return typeof value === 'string' ? value : undefined;
}

export function flag(input: CommandInput, name: string): boolean {
  return input.options[name] === true;
}

export function list(input: CommandInput, name: string): string[] {
  const value = input.options[name];
  return Array.isArray(value) ? value : typeof value === 'string' ? [value] : [];
}

import { basename } from 'node:path';
import { readTar } from '@slowlane/archive';
import { artifactSetOf, maxBundleBytes } from '@slowlane/artifacts';
import {
  type ArtifactFile,
  type ArtifactSet,
  type BlobStore,
  type BuildPlan,
  type Sandbox,
  SlowLaneError,
} from '@slowlane/contracts';
import { addCoverage, type Coverage, type JUnitReport, readCoverage, readJUnit, selectByGlobs } from '@slowlane/kit';

const maxReportBytes = 32 * 1_048_576;
const maxEntries = 5_000;

/** What a build left behind, as far as its plan names it. Nothing of it was ever a path on this machine. */
export interface Outputs {
  /** Candidates for the artifact, by path below `/work`. */
  primaries: Map<string, ArtifactFile>;
  companions: Map<string, ArtifactFile>;
  tests: JUnitReport | undefined;
  coverage: Coverage | undefined;
  /** Sigstore bundle beside a prebuilt artifact: what strangers wrote, not yet looked at. */
  bundle?: string;
}

/** Takes the files that the plan names out of the sandbox, into blobs. Only after `killAll`. */
export async function collectOutputs(
  sandbox: Sandbox,
  plan: BuildPlan,
  { blobs, maxBytes, reportsOnly = false }: { blobs: BlobStore; maxBytes: number; reportsOnly?: boolean },
): Promise<Outputs> {
  const { primary, companions } = plan.output;
  const globsOf = (isOne: (kind: string) => boolean): string[] =>
    plan.reports.filter((report) => isOne(report.kind)).map((report) => inProject(report.glob));
  const tests = globsOf((kind) => kind === 'junit');
  const coverage = globsOf((kind) => kind !== 'junit');
  const outputs: Outputs = { primaries: new Map(), companions: new Map(), tests: undefined, coverage: undefined };
  const bundle = reportsOnly ? undefined : plan.trust?.sigstore?.bundle;
  const globs = [
    ...tests,
    ...coverage,
    ...(bundle === undefined ? [] : [bundle]),
    ...(reportsOnly ? [] : [...primary.include, ...companions.include]),
  ];
  if (globs.length === 0) return outputs;
  const limits = { maxBytes, maxEntries, maxRatio: 1_000, maxPathBytes: 1_024 };
  await readTar(await sandbox.collect(globs), limits, async (entry, content) => {
    if (entry.kind !== 'file') return;
    const isOne = (include: readonly string[], exclude: readonly string[]): boolean =>
      selectByGlobs([entry.path], include, exclude).length > 0;
    if (entry.path === bundle) {
      if (entry.size > maxBundleBytes) throw tooLargeBundle(entry.size);
      outputs.bundle = await textOf(content);
    } else if (!reportsOnly && isOne(primary.include, primary.exclude)) {
      outputs.primaries.set(entry.path, await keep(blobs, entry.path, content));
    } else if (!reportsOnly && isOne(companions.include, companions.exclude)) {
      outputs.companions.set(entry.path, await keep(blobs, entry.path, content));
    } else if (entry.size <= maxReportBytes && isOne(tests, [])) {
      outputs.tests = add(outputs.tests, readJUnit(await textOf(content)));
    } else if (entry.size <= maxReportBytes && isOne(coverage, [])) {
      outputs.coverage = addCoverage(outputs.coverage, readCoverage(await textOf(content)));
    }
  });
  return outputs;
}

/** Exactly one file is the artifact. Throws `artifact.none` with the rule, or `artifact.ambiguous` with the candidates. */
export function artifactOf(outputs: Outputs, plan: BuildPlan): ArtifactSet {
  const candidates = [...outputs.primaries.keys()].sort();
  const rule = plan.output.primary.include.join(', ');
  const [only, ...others] = candidates;
  if (only === undefined) {
    throw new SlowLaneError('artifact.none', `the build left no ${plan.output.kind} at ${rule}`, {
      data: { rule: plan.output.primary },
    });
  }
  if (others.length > 0) {
    throw new SlowLaneError(
      'artifact.ambiguous',
      `the build left ${candidates.length} files where one is declared: ${candidates.join(', ')}`,
      {
        hint: `Declare one in the pipeline file: build: { artifact: ${projectGlob(candidates)} }`,
        data: { candidates },
      },
    );
  }
  return artifactSetOf(plan.output.kind, outputs.primaries.get(only)!, [...outputs.companions.values()]);
}

function tooLargeBundle(size: number): SlowLaneError {
  return new SlowLaneError(
    'artifact.not-verified',
    `the Sigstore bundle has ${size} bytes, more than ${maxBundleBytes}`,
  );
}

async function textOf(content: Parameters<BlobStore['put']>[0]): Promise<string> {
  return Buffer.concat((await content.toArray()) as Buffer[]).toString('utf8');
}

async function keep(blobs: BlobStore, path: string, content: Parameters<BlobStore['put']>[0]): Promise<ArtifactFile> {
  const { digest, size } = await blobs.put(content);
  return { name: basename(path), digest, size };
}

function inProject(glob: string): string {
  return `src/${glob}`;
}

/** The first candidate as an author would write it: relative to the project folder. */
function projectGlob(candidates: readonly string[]): string {
  return (candidates[0] as string).replace(/^src\//, '');
}

function add(sum: JUnitReport | undefined, report: JUnitReport | undefined): JUnitReport | undefined {
  if (sum === undefined || report === undefined) return sum ?? report;
  return {
    passed: sum.passed + report.passed,
    failed: sum.failed + report.failed,
    skipped: sum.skipped + report.skipped,
    failedNames: [...sum.failedNames, ...report.failedNames],
  };
}

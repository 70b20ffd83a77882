import { PlanRefusal } from '@slowlane/contracts';
import type { ArtifactManifest, ArtifactView, Expectation } from '@slowlane/contracts';
import { satisfiesPython } from './python-version.ts';
import { wheelMetadata } from './wheel-metadata.ts';
import type { EntryPoint, WheelMetadata } from './wheel-metadata.ts';
import { wheelFits } from './wheel-tags.ts';

export function inspect(artifact: ArtifactView, expectation: Expectation): ArtifactManifest {
  if (artifact.kind === 'wheel') return inspectWheel(artifact, expectation);
  if (artifact.kind !== 'python-script')
    throw new PlanRefusal('artifact.invalid', `${artifact.name} is neither a wheel nor a script`);
  refuseUnfit(artifact, expectation);
  return {
    plugin: 'python',
    kind: 'python-script',
    main: artifact.name,
    mainCandidates: [artifact.name],
    spark: 'provided',
  };
}

function inspectWheel(artifact: ArtifactView, expectation: Expectation): ArtifactManifest {
  const metadata = wheelMetadata(artifact);
  refuseUnfit(artifact, expectation);
  refuseOtherPython(artifact, metadata, expectation);
  const { name, version, requiresPython, entryPoints } = metadata;
  return {
    plugin: 'python',
    kind: 'wheel',
    main: entryPointOf(artifact, entryPoints, expectation.main).name,
    mainCandidates: entryPoints.map((entry) => entry.name),
    python: { package: name, version, ...(requiresPython === undefined ? {} : { requiresPython }) },
    spark: artifact.entries.some((entry) => entry.path === 'pyspark/__init__.py') ? 'bundled' : 'provided',
  };
}

function refuseOtherPython(artifact: ArtifactView, metadata: WheelMetadata, { runtime }: Expectation): void {
  if (metadata.requiresPython === undefined || satisfiesPython(runtime.python, metadata.requiresPython)) return;
  throw new PlanRefusal(
    'artifact.runtime-mismatch',
    `${artifact.name} requires Python ${metadata.requiresPython}, the runtime ${runtime.version} has ${runtime.python}`,
    {
      hint: 'Widen requires-python, or choose another job.runtime.',
    },
  );
}

/** Compiled wheels load in one minor version of Python only. */
function refuseUnfit(artifact: ArtifactView, { runtime }: Expectation): void {
  const names = [artifact.name, ...artifact.companions.map((companion) => companion.name)];
  const unfit = names.filter((name) => wheelFits(name, runtime.python) === false);
  if (unfit.length === 0) return;
  throw new PlanRefusal(
    'artifact.runtime-mismatch',
    `compiled for another Python than the ${runtime.python} of runtime ${runtime.version}: ${unfit.join(', ')}`,
    {
      hint: `Build with Python ${runtime.python}, or choose a job.runtime with the Python in the names.`,
      candidates: unfit,
    },
  );
}

function entryPointOf(artifact: ArtifactView, entryPoints: EntryPoint[], wanted: string | undefined): EntryPoint {
  const scripts = entryPoints.filter((entry) => entry.group === 'console_scripts');
  const found =
    wanted === undefined
      ? onlyOne(scripts.length > 0 ? scripts : entryPoints)
      : (entryPoints.find((entry) => entry.name === wanted) ?? entryPoints.find((entry) => entry.value === wanted));
  if (found !== undefined) return found;
  const candidates = entryPoints.map((entry) => `${entry.name} (${entry.value})`);
  const what =
    wanted === undefined
      ? `${artifact.name} has ${entryPoints.length} entry points and job.main names none`
      : `${artifact.name} has no entry point "${wanted}"`;
  throw new PlanRefusal('artifact.entry-point-missing', what, {
    hint:
      candidates.length === 0
        ? 'Declare one under [project.scripts]: name = "package.module:function".'
        : `Set job.main to one of: ${candidates.join(', ')}`,
    candidates,
  });
}

function onlyOne(entries: EntryPoint[]): EntryPoint | undefined {
  return entries.length === 1 ? entries[0] : undefined;
}

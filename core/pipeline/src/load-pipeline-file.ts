import { findRuntime, PipelineFile, runtimes, SlowLaneError } from '@slowlane/contracts';
import { formatFileProblem, readStrictYaml, type FileProblem, type YamlText } from '@slowlane/kit';

/** A pipeline file is read by people: 128 KiB is far above any honest one. */
const maxBytes = 131_072;
const maxShown = 10;

/**
 * Reads one pipeline file. Throws `pipeline.unknown-key` when every problem is an unknown key, else `pipeline.invalid`; the message has one
 * `file:line:column: …` line per problem, and `data.problems` the same as data.
 */
export function loadPipelineFile(text: string, options: { fileName: string }): PipelineFile {
  const result = readStrictYaml(text, PipelineFile, { maxBytes });
  if (!result.ok) throw problemsError(result.problems, options.fileName);
  const problems = furtherProblems(result.value, result.yaml);
  if (problems.length > 0) throw problemsError(problems, options.fileName);
  return result.value;
}

/** What a schema cannot say. */
function furtherProblems(file: PipelineFile, yaml: YamlText): FileProblem[] {
  const problems: FileProblem[] = [];
  const add = (path: string[], message: string): void => {
    problems.push({
      ...yaml.positionOf(path),
      kind: 'value',
      path: path.join('.'),
      message: `${path.join('.')}: ${message}`,
    });
  };
  if (findRuntime(file.job.runtime) === undefined) {
    const known = runtimes.map((runtime) => runtime.version).join(', ');
    add(['job', 'runtime'], `unknown runtime "${file.job.runtime}"; known: ${known}`);
  }
  if (!isInnerPath(file.source.path)) {
    add(['source', 'path'], `expected a folder inside the repository, found "${file.source.path}"`);
  }
  if (Object.keys(file.targets).length === 0) add(['targets'], 'expected at least one target');
  return problems;
}

function isInnerPath(path: string): boolean {
  return !path.startsWith('/') && !path.includes('\\') && !path.split('/').includes('..');
}

function problemsError(problems: FileProblem[], fileName: string): SlowLaneError {
  const lines = problems.slice(0, maxShown).map((problem) => formatFileProblem(fileName, problem));
  if (problems.length > maxShown) lines.push(`and ${problems.length - maxShown} more`);
  const areAllKeys = problems.every((problem) => problem.kind === 'unknown-key');
  return new SlowLaneError(areAllKeys ? 'pipeline.unknown-key' : 'pipeline.invalid', lines.join('\n'), {
    data: { file: fileName, problems },
  });
}

import { existsSync, readFileSync } from 'node:fs';
import { SlowLaneError } from '@slowlane/contracts';
import { formatFileProblem, readStrictYaml } from '@slowlane/kit';
import { SlowLaneYaml } from './schema.ts';

/** Reads `slowlane.yaml`; a missing file means all defaults. Every wrong key or value is named with file, line and column (`config.invalid`). */
export function loadConfig(file: string): SlowLaneYaml {
  if (!existsSync(file)) return SlowLaneYaml.parse({});
  const result = readStrictYaml(readText(file), SlowLaneYaml);
  if (result.ok) return result.value;
  throw new SlowLaneError(
    'config.invalid',
    result.problems.map((problem) => formatFileProblem(file, problem)).join('\n'),
  );
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new SlowLaneError('config.invalid', `${file} cannot be read`, { cause: error });
  }
}

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const templates = join(import.meta.dirname, '../../../../templates');

/** A driver template as its copy would be pushed, with the name of its pipeline. */
export function templateFiles(template: string): { pipeline: string; files: Record<string, string> } {
  const folder = join(templates, template);
  const paths = (readdirSync(folder, { recursive: true }) as string[]).filter((path) =>
    statSync(join(folder, path)).isFile(),
  );
  const files = Object.fromEntries(paths.map((path) => [path, readFileSync(join(folder, path), 'utf8')]));
  const pipeline = paths.flatMap((path) => /^\.slowlane\/(.+)\.yaml$/.exec(path)?.[1] ?? [])[0];
  if (pipeline === undefined) throw new Error(`templates/${template} has no pipeline file`);
  return { pipeline, files };
}

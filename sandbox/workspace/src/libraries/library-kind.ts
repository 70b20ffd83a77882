import { invalidParameter } from '../http/api-error.ts';
import type { Library } from '../jobs/schema.ts';

export const libraryKinds = ['jar', 'whl', 'requirements', 'pypi', 'maven', 'cran', 'egg'] as const;
export type LibraryKind = (typeof libraryKinds)[number];

/** The one kind of a library. 400 when it has none, several, or one whose path or name cannot be. */
export function libraryKind(library: Library): LibraryKind {
  const given = Object.keys(library).filter((key) => library[key] !== undefined);
  const kind = libraryKinds.find((one) => one === given[0]);
  if (given.length !== 1 || kind === undefined)
    throw invalidParameter(
      `A library needs exactly one of ${libraryKinds.join(', ')}, but has '${given.join("', '")}'.`,
    );
  if (kind === 'egg') throw invalidParameter('Libraries of kind egg are not supported on runtime 14 and later.');
  if (kind === 'jar' || kind === 'whl' || kind === 'requirements') checkPath(kind, library[kind]);
  else checkNamed(kind, library[kind]);
  return kind;
}

/** The same library again has the same key. */
export function libraryKey(library: Library): string {
  const kind = libraryKind(library);
  return `${kind} ${JSON.stringify(library[kind])}`;
}

function checkPath(kind: string, path: unknown): void {
  const mayBeFile = kind === 'jar' ? /^\/Volumes\/./ : /^\/(?:Volumes|Workspace)\/./;
  if (typeof path !== 'string' || !mayBeFile.test(path))
    throw invalidParameter(`The ${kind} must lie below /Volumes, but is '${shown(path)}'.`);
  if (path.includes(',')) throw invalidParameter(`The path '${path}' must not contain a comma.`);
  if (kind === 'whl' && !path.endsWith('.whl')) throw invalidParameter(`'${path}' is not a wheel.`);
}

function checkNamed(kind: 'pypi' | 'maven' | 'cran', value: unknown): void {
  const { package: name, coordinates } = (value ?? {}) as { package?: unknown; coordinates?: unknown };
  const text = kind === 'maven' ? coordinates : name;
  const pattern =
    kind === 'maven'
      ? /^[A-Za-z0-9_.-]+:[A-Za-z0-9_.-]+:[A-Za-z0-9_.+-]+$/
      : /^[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[A-Za-z0-9,._-]+\])?(?:[=<>!~]=?[A-Za-z0-9.*+!_-]+(?:,[=<>!~]=?[A-Za-z0-9.*+!_-]+)*)?$/;
  if (typeof text !== 'string' || text.length > 500 || !pattern.test(text))
    throw invalidParameter(
      `${kind}: '${shown(text)}' is not ${kind === 'maven' ? 'of the form group:artifact:version' : 'the name of a package'}.`,
    );
}

/** An object of the caller may have a `toString` of its own. */
function shown(value: unknown): string {
  return (typeof value === 'string' ? value : String(JSON.stringify(value))).slice(0, 300);
}

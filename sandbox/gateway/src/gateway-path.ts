import { SlowLaneError } from '@slowlane/contracts';
import { isUnchanging, type Layouts, layoutOf } from './tree.ts';
import { gradleDistPath } from './gradle-dist.ts';
import { isNpm, npmPath, plainScope } from './npm.ts';
import { webPath, webRegistry } from './web-files.ts';

/** What a request asks for. `path` is the gateway path, the same whatever the mount: `/maven/org/…`. */
export type GatewayPath =
  | { kind: 'maven'; registry: string; path: string; below: string }
  | { kind: 'tree'; registry: string; path: string; below: string; immutable: boolean }
  | { kind: 'pypi-project'; registry: string; path: string; project: string }
  | { kind: 'pypi-file'; registry: string; path: string; sha256: string; fileName: string; isMetadata: boolean }
  | { kind: 'npm-package'; registry: string; path: string; name: string }
  | { kind: 'npm-file'; registry: string; path: string; name: string; file: string }
  | { kind: 'web'; registry: string; path: string; scheme: 'http' | 'https'; host: string; below: string }
  | { kind: 'gradle-dist'; registry: string; path: string; file: string }
  | { kind: 'redirect'; registry: string; location: string }
  | { kind: 'nothing'; registry: string; path: string };

const MAX_LENGTH = 1_024;

/**
 * Reads the path of a request strictly: one spelling per file, no way to leave the registry. Throws `gateway.denied` with the reason.
 * `registries` are those the door may use; `mountPath` comes before the gateway path (`''` in a door, `/deps` for people).
 */
export function readGatewayPath(
  url: string,
  door: { registries: readonly string[]; mountPath: string; layouts?: Layouts },
): GatewayPath {
  const segments = plainSegments(url, door.mountPath);
  const [registry, ...rest] = segments;
  if (registry === undefined || registry === '') throw denied(url, 'no registry in the path');
  if (!door.registries.includes(registry)) {
    throw denied(
      url,
      `registry ${JSON.stringify(registry)} is not allowed here, only ${door.registries.join(', ') || 'none'}`,
    );
  }
  const path = `/${segments.join('/')}`;
  const layout = layoutOf(registry, door.layouts);
  if (layout !== undefined) return treePath(registry, rest, { path, layout });
  if (registry === webRegistry) return webPath(registry, rest, path);
  if (isNpm(registry)) return npmPath(registry, rest, path);
  if (registry === 'gradle-dist') return gradleDistPath(registry, rest, path);
  return isPypi(registry)
    ? pypiPath(registry, rest, { path, mountPath: door.mountPath })
    : mavenPath(registry, rest, path);
}

/** Registries named `pypi` or `pypi-…` speak the Python simple API; those without another known or declared layout have Maven's. */
export function isPypi(registry: string): boolean {
  return registry === 'pypi' || registry.startsWith('pypi-');
}

/** PEP 503: one spelling per project name. */
export function normaliseProject(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

function treePath(
  registry: string,
  rest: readonly string[],
  { path, layout }: { path: string; layout: readonly string[] },
): GatewayPath {
  if (rest.length === 0 || rest.at(-1) === '') return { kind: 'nothing', registry, path };
  const below = rest.join('/');
  return { kind: 'tree', registry, path, below, immutable: isUnchanging(below, layout) };
}

function mavenPath(registry: string, rest: readonly string[], path: string): GatewayPath {
  // A folder: repositories have listings for people, no tool needs them.
  if (rest.length === 0 || rest.at(-1) === '') return { kind: 'nothing', registry, path };
  return { kind: 'maven', registry, path, below: rest.join('/') };
}

function pypiPath(registry: string, rest: readonly string[], at: { path: string; mountPath: string }): GatewayPath {
  const [area, first, last, ...more] = rest;
  if (area === 'simple' && first !== undefined && first !== '' && more.length === 0) {
    const project = normaliseProject(first);
    const path = `/${registry}/simple/${project}/`;
    if (first === project && last === '') return { kind: 'pypi-project', registry, path, project };
    if (last === undefined || last === '') return { kind: 'redirect', registry, location: at.mountPath + path };
  }
  if (
    area === 'files' &&
    first !== undefined &&
    /^[0-9a-f]{64}$/.test(first) &&
    last !== undefined &&
    last !== '' &&
    more.length === 0
  ) {
    const isMetadata = last.endsWith('.metadata');
    const fileName = isMetadata ? last.slice(0, -'.metadata'.length) : last;
    return { kind: 'pypi-file', registry, path: at.path, sha256: first, fileName, isMetadata };
  }
  return { kind: 'nothing', registry, path: at.path };
}

function plainSegments(url: string, mountPath: string): string[] {
  const raw = url.split('?', 1)[0] as string;
  if (raw.length > MAX_LENGTH) throw denied(url, `the path is longer than ${MAX_LENGTH} characters`);
  if (!raw.startsWith(`${mountPath}/`)) throw denied(url, 'only paths of the gateway are served, it is no proxy');
  return plainScope(raw.slice(mountPath.length))
    .slice(1)
    .split('/')
    .map((segment, index, all) => plainSegment(url, segment, index === all.length - 1));
}

function plainSegment(url: string, raw: string, isLast: boolean): string {
  const segment = decode(url, raw);
  if (segment === '' && isLast) return segment;
  if (segment === '' || segment === '.' || segment === '..')
    throw denied(url, 'the path has an empty, "." or ".." part');
  // Also what was encoded: slashes, control characters, anything beyond ASCII.
  if (!/^[A-Za-z0-9._~+@=,:!-]+$/.test(segment)) throw denied(url, 'the path has a character that is not allowed');
  return segment;
}

function decode(url: string, raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    throw denied(url, 'the path is wrongly encoded');
  }
}

function denied(url: string, reason: string): SlowLaneError {
  return new SlowLaneError('gateway.denied', `${JSON.stringify(url.slice(0, 300))}: ${reason}`);
}

import { PackageURL } from 'packageurl-js';

/** A package that one file of a registry belongs to. */
export interface Package {
  purl: PackageURL;
  /** Whether the file is the package itself, not a description of it (POM, index page, checksum). */
  isContent: boolean;
}

/**
 * What a gateway path (`/maven/org/…`) is a file of; `undefined` for indexes and whatever has no package. Registries are told apart by their
 * names, as the gateway does.
 * @see https://github.com/package-url/purl-spec/blob/main/PURL-TYPES.rst
 */
export function packageOfPath(path: string): Package | undefined {
  const [registry = '', ...rest] = path.split('/').slice(1);
  const kind = registry.split('-', 1)[0] as string;
  return (readers[kind] ?? mavenFile)(rest);
}

const readers: Record<string, (rest: readonly string[]) => Package | undefined> = {
  pypi: pypiFile,
  npm: npmFile,
  cran: cranFile,
  go: goFile,
  gradle: () => undefined,
};

const MAVEN_CONTENT = /\.(jar|war|aar|zip|tar\.gz)$/;

/** `group/as/folders/artifact/version/artifact-version[-classifier].type` */
function mavenFile(rest: readonly string[]): Package | undefined {
  const [file, version, name, ...group] = [...rest].reverse();
  if (file === undefined || version === undefined || name === undefined || group.length === 0) return undefined;
  if (!file.startsWith(`${name}-`)) return undefined;
  const type = MAVEN_CONTENT.exec(file)?.[1];
  const suffix = file.startsWith(`${name}-${version}`) ? file.slice(`${name}-${version}`.length) : '';
  const classifier = /^-([^.]+)\./.exec(suffix)?.[1];
  const qualifiers = {
    ...(type === undefined || type === 'jar' ? {} : { type }),
    ...(classifier === undefined ? {} : { classifier }),
  };
  const purl = new PackageURL('maven', group.reverse().join('.'), name, version, qualifiers, undefined);
  return { purl, isContent: type !== undefined };
}

/** `files/<sha256>/name-version-….whl`, or a source archive `name-version.tar.gz`. */
function pypiFile(rest: readonly string[]): Package | undefined {
  const file = rest[0] === 'files' ? rest.at(-1) : undefined;
  if (file === undefined || file.endsWith('.metadata')) return undefined;
  const [name, version] = file.endsWith('.whl') ? file.split('-') : sourceArchive(file);
  if (name === undefined || version === undefined) return undefined;
  const normal = name.toLowerCase().replaceAll(/[-_.]+/g, '-');
  return { purl: new PackageURL('pypi', undefined, normal, version, { file_name: file }, undefined), isContent: true };
}

function sourceArchive(file: string): (string | undefined)[] {
  return /^(.+)-([^-]+?)\.(?:tar\.(?:gz|bz2|xz)|tgz|zip)$/.exec(file)?.slice(1, 3) ?? [];
}

/** `[@scope/]name/-/name-version.tgz` */
function npmFile(rest: readonly string[]): Package | undefined {
  const at = rest.indexOf('-');
  const name = rest[at - 1];
  const file = rest.at(-1);
  if (at < 1 || name === undefined || file === undefined || !file.startsWith(`${name}-`)) return undefined;
  const version = file.slice(name.length + 1).replace(/\.tgz$/, '');
  return { purl: new PackageURL('npm', rest[at - 2], name, version, undefined, undefined), isContent: true };
}

/** `src/contrib/[Archive/name/]name_version.tar.gz` */
function cranFile(rest: readonly string[]): Package | undefined {
  const [, name, version] = /^([A-Za-z0-9.]+)_([^_]+)\.tar\.gz$/.exec(rest.at(-1) ?? '') ?? [];
  if (name === undefined || version === undefined) return undefined;
  return { purl: new PackageURL('cran', undefined, name, version, undefined, undefined), isContent: true };
}

/** `module/path/@v/version.zip`; capitals are written `!x` in paths. */
function goFile(rest: readonly string[]): Package | undefined {
  const at = rest.indexOf('@v');
  const [, version, type] = /^(v.+)\.(zip|mod|info)$/.exec(rest[at + 1] ?? '') ?? [];
  if (at < 1 || version === undefined) return undefined;
  const module = rest
    .slice(0, at)
    .map((part) => part.replaceAll(/!([a-z])/g, (_, letter: string) => letter.toUpperCase()));
  const purl = new PackageURL(
    'golang',
    module.slice(0, -1).join('/') || undefined,
    module.at(-1) as string,
    version,
    undefined,
    undefined,
  );
  return { purl, isContent: type === 'zip' };
}

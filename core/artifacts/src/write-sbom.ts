import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import type { ArtifactFile, ArtifactSet, Digest, ServedFile } from '@slowlane/contracts';
import type { PackageURL } from 'packageurl-js';
import { packageOfPath } from './package-of-path.ts';

export interface SbomInputs {
  set: ArtifactSet;
  pipeline: string;
  commit?: string;
  /** Everything the gateway served for the dependency set. */
  served: readonly ServedFile[];
  /** Tools of the plan, which are not in the artifact. */
  tools: readonly { name: string; version: string }[];
  /** End of the build, epoch milliseconds. */
  at: number;
}

/**
 * CycloneDX 1.6 as JSON: the artifact, its companions, and every package that was served while it was resolved, build tools and plugins
 * included, because the gateway cannot see what a file was wanted for. The same inputs give the same text.
 * @see https://cyclonedx.org/docs/1.6/json/
 */
export function writeSbom(inputs: SbomInputs): string {
  const bom = new Models.Bom({ serialNumber: serialOf(inputs.set.digest), metadata: metadataOf(inputs) });
  const root = bom.metadata.component as Models.Component;
  const components = [...inputs.set.companions.map(companionComponent), ...servedComponents(inputs.served)];
  for (const component of components) {
    bom.components.add(component);
    root.dependencies.add(component.bomRef);
  }
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return serializer.serialize(bom, { sortLists: true });
}

function metadataOf({ set, pipeline, commit, tools, at }: SbomInputs): Models.Metadata {
  return new Models.Metadata({
    timestamp: new Date(at),
    tools: new Models.Tools({
      components: new Models.ComponentRepository(
        tools.map(
          ({ name, version }) =>
            new Models.Component(Enums.ComponentType.Application, name, { version, bomRef: `tool:${name}@${version}` }),
        ),
      ),
    }),
    component: new Models.Component(Enums.ComponentType.Application, pipeline, {
      bomRef: set.digest,
      version: commit ?? set.digest,
      hashes: hashesOf(set.primary),
      properties: new Models.PropertyRepository([
        new Models.Property('slowlane:artifact', set.digest),
        new Models.Property('slowlane:file', set.primary.name),
      ]),
    }),
  });
}

function companionComponent(file: ArtifactFile): Models.Component {
  return new Models.Component(Enums.ComponentType.File, file.name, {
    bomRef: `file:${file.name}`,
    hashes: hashesOf(file),
  });
}

/** One component per package; a package of several files (classifiers apart, they have a purl of their own) has the hash of its content. */
function servedComponents(served: readonly ServedFile[]): Models.Component[] {
  const byPurl = new Map<string, { purl: PackageURL; file: ServedFile | undefined }>();
  for (const file of [...served].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const found = packageOfPath(file.path);
    if (found === undefined) continue;
    const key = found.purl.toString();
    const known = byPurl.get(key)?.file;
    byPurl.set(key, { purl: found.purl, file: known ?? (found.isContent ? file : undefined) });
  }
  return [...byPurl].map(([key, { purl, file }]) => libraryComponent(key, purl, file));
}

function libraryComponent(bomRef: string, purl: PackageURL, file: ServedFile | undefined): Models.Component {
  return new Models.Component(Enums.ComponentType.Library, purl.name, {
    bomRef,
    purl: bomRef,
    ...(purl.namespace == null ? {} : { group: purl.namespace }),
    ...(purl.version == null ? {} : { version: purl.version }),
    ...(file === undefined ? {} : { hashes: hashesOf(file) }),
  });
}

function hashesOf({ digest }: { digest: string }): Models.HashDictionary {
  return new Models.HashDictionary([[Enums.HashAlgorithm['SHA-256'], digest.replace(/^sha256:/, '')]]);
}

/** A UUID (version 8, RFC 9562: its bits are ours to choose) made of the artifact's digest, so that it names one artifact for ever. */
function serialOf(digest: Digest): string {
  const hex = digest
    .replace(/^sha256:/, '')
    .slice(0, 32)
    .split('');
  hex[12] = '8';
  hex[16] = ((parseInt(hex[16] as string, 16) & 0x3) | 0x8).toString(16);
  const text = hex.join('');
  return `urn:uuid:${[text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join('-')}`;
}

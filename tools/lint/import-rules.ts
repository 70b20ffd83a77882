/**
 * Who may import whom, as the lint enforces it. `docs/imports.md` holds the same for people; a test compares the two.
 * A project is named by its folder; its Nx tag is the same with `:` for `/`.
 */
export interface ImportRule {
  mayImport: string[] | 'everything';
  /** Third-party and node modules that only owners may import. */
  owns: string[];
}

const base = ['core/contracts', 'core/kit'];

export const importRules: Record<string, ImportRule> = {
  'core/contracts': { mayImport: [], owns: ['zod'] },
  'core/kit': {
    mayImport: ['core/contracts'],
    owns: ['yaml', 'smol-toml', 'fast-xml-parser', 'ulid', 'picomatch', 'fastest-levenshtein', 'ipaddr.js'],
  },
  'core/config': { mayImport: base, owns: [] },
  'core/process': { mayImport: base, owns: ['execa', 'node:child_process'] },
  'core/archive': { mayImport: base, owns: ['tar', 'yauzl'] },
  'core/queue': { mayImport: base, owns: ['bullmq', 'ioredis'] },
  'core/databricks': { mayImport: base, owns: ['undici'] },
  'core/sources': { mayImport: [...base, 'core/archive'], owns: ['simple-git'] },
  'core/artifacts': { mayImport: [...base, 'core/archive'], owns: ['@cyclonedx/cyclonedx-library', 'packageurl-js'] },
  'core/pipeline': {
    mayImport: [...base, 'core/archive', 'core/sources', 'core/artifacts', 'core/databricks'],
    owns: ['ajv'],
  },
  'core/endpoint': {
    mayImport: [...base, 'core/queue'],
    owns: ['fastify', 'fastify-type-provider-zod', '@fastify/swagger', '@fastify/swagger-ui', 'jose', 'oidc-provider'],
  },
  'core/remote': { mayImport: [...base, 'core/process', 'core/queue'], owns: ['fastify'] },
  'core/results': { mayImport: [...base, 'core/queue'], owns: [] },
  'core/notify': { mayImport: [...base, 'core/queue'], owns: ['standardwebhooks', 'undici', 'nodemailer'] },
  'core/schedule': { mayImport: [...base, 'core/queue'], owns: ['croner'] },
  'core/mediator': {
    mayImport: [...base, 'core/queue'],
    owns: ['jsonata', 'ajv', 'ajv-formats', 're2js', 'csv-parse'],
  },
  'core/keeper': { mayImport: [...base, 'core/queue', 'core/databricks'], owns: [] },
  'core/ledger': {
    mayImport: [...base, 'core/queue'],
    owns: ['kysely', 'node:sqlite', 'pg', 'hyparquet', 'hyparquet-writer'],
  },
  'core/client': { mayImport: base, owns: [] },
  'core/cli': { mayImport: [...base, 'core/client'], owns: ['commander', 'picocolors'] },
  'core/testkit': { mayImport: [...base, 'core/process'], owns: ['fast-check'] },
  'core/app': { mayImport: 'everything', owns: ['pino'] },
  'plugins/jar': { mayImport: base, owns: [] },
  'plugins/java-gradle': { mayImport: base, owns: [] },
  'plugins/java-maven': { mayImport: base, owns: [] },
  'plugins/notebook': { mayImport: base, owns: [] },
  'plugins/python': { mayImport: base, owns: [] },
  'plugins/r': { mayImport: base, owns: [] },
  'plugins/scala-sbt': { mayImport: base, owns: [] },
  'sandbox/abuse': { mayImport: [...base, 'core/process'], owns: [] },
  'sandbox/driver-kit': { mayImport: [...base, 'core/process', 'core/archive'], owns: [] },
  'sandbox/bubblewrap': {
    mayImport: [...base, 'core/process', 'core/archive', 'sandbox/driver-kit', 'sandbox/abuse'],
    owns: [],
  },
  'sandbox/oci': {
    mayImport: [...base, 'core/process', 'core/archive', 'sandbox/driver-kit', 'sandbox/abuse'],
    owns: ['dockerode'],
  },
  'sandbox/dummy': { mayImport: [...base, 'core/process', 'core/archive'], owns: [] },
  'sandbox/helper': { mayImport: [...base, 'core/process'], owns: [] },
  'sandbox/pluginhost': { mayImport: [...base, 'core/process'], owns: [] },
  'sandbox/gateway': { mayImport: [...base, 'core/process', 'core/archive', 'core/artifacts'], owns: ['undici'] },
  'sandbox/toolchains': { mayImport: [...base, 'core/process', 'core/archive', 'core/artifacts'], owns: [] },
  'sandbox/conformance': { mayImport: [...base, 'core/process', 'core/databricks'], owns: [] },
  'sandbox/workspace': {
    mayImport: [...base, 'core/process', 'core/archive'],
    owns: ['fastify', 'node:sqlite', 'croner'],
  },
};

/** What test files may import besides: dummies and suites. What these stand on tests itself without them, or Nx would see a circle. */
export const testOnly = ['core/testkit', 'sandbox/dummy'];
export const testsWithoutTestkit = ['core/contracts', 'core/kit', 'core/process', 'core/archive'];

/** Where owned modules may be imported by others too. */
export const ownedElsewhere: { module: string; files: string }[] = [
  { module: 'zod', files: '**/schema.ts' },
  { module: 'zod', files: 'core/endpoint/src/**' },
];

export function tagOf(project: string): string {
  return project.replace('/', ':');
}

/** Projects that may import each owned module. */
export function ownersOf(): Map<string, string[]> {
  const owners = new Map<string, string[]>();
  for (const [project, rule] of Object.entries(importRules)) {
    for (const module of rule.owns) owners.set(module, [...(owners.get(module) ?? []), project]);
  }
  return owners;
}

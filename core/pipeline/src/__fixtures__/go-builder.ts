import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BuildRecord, Policy } from '@slowlane/contracts';
import { type GoProxy, startGoProxy } from './go-proxy.ts';
import { canStartRealBuilder, type RealBuilder, startRealBuilder } from './real-builder.ts';
import { stageRig, type StageRig } from './stage-rig.ts';

const templates = join(import.meta.dirname, '../../../../templates/plugin-go');
const goHome = ['/usr/local/go', '/usr/lib/go'].find((folder) => existsSync(join(folder, 'bin/go')));

/** The real builder with the plugin of templates/plugin-go, a Go of this machine, and a module proxy with one module. */
export interface GoBuilder {
  builder: RealBuilder;
  proxy: GoProxy;
  rig: StageRig;
  /** A push as far as its registration. */
  lane(files: Record<string, string>, more?: string, on?: StageRig): Promise<BuildRecord>;
  log(id: string): string;
  close(): Promise<void>;
}

export async function canStartGoBuilder(): Promise<boolean> {
  return goHome !== undefined && (await canStartRealBuilder());
}

export async function startGoBuilder(): Promise<GoBuilder> {
  const proxy = await startGoProxy(
    'example.org/words',
    'v1.0.0',
    'package words\n\nfunc Say() string { return "word" }\n',
  );
  const builder = await startRealBuilder({
    upstreams: { go: proxy.url },
    plugins: [{ id: 'go', folder: templates }],
    toolchains: { go: { home: goHome as string } },
  });
  const rig = stageRig({}, { ...builder.deps, policy: Policy.parse({ egress: ['maven', 'pypi', 'go'] }) });
  return {
    builder,
    proxy,
    rig,
    lane: (files, more = '', on = rig) =>
      on.pushed('zones', { ...files, '.slowlane/zones.yaml': `pipeline: zones\n${more}` }),
    log: (id) => rig.builds.text(id).slice(-4_000),
    async close() {
      await builder.close();
      await proxy.stop();
    },
  };
}

export function goExample(): Record<string, string> {
  const names = ['go.mod', 'main.go', 'zones.go', 'zones_test.go'];
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(templates, 'example', name), 'utf8')]));
}

/** A program that requires the module of the proxy. */
export function goWithModule(goSum: string): Record<string, string> {
  return {
    'go.mod': 'module example.org/shop\n\ngo 1.19\n\nrequire example.org/words v1.0.0\n',
    'go.sum': goSum,
    'main.go':
      'package main\n\nimport (\n\t"fmt"\n\n\t"example.org/words"\n)\n\nfunc main() { fmt.Println(words.Say()) }\n',
  };
}

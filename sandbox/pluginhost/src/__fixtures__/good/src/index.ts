import { PlanRefusal } from '@slowlane/contracts';
import type { LanguagePlugin } from '@slowlane/contracts';

let calls = 0;

/** Answers everything in the simplest way; `refuse` in the tree makes it refuse with that code. */
export const plugin: LanguagePlugin = {
  manifest: { id: 'good', version: '1.0.0', contract: 1, configSchema: {}, reads: [], toolchains: [], registries: [] },
  detect: () => ({ match: 'yes', evidence: [`call ${++calls}`] }),
  plan: (tree) => {
    const code = tree.contents['refuse'];
    if (code !== undefined)
      throw new PlanRefusal(code, 'cannot be built', { hint: 'change it', candidates: ['a', 'b'] });
    return {
      plugin: tree.contents['sign'] ?? 'good',
      tools: [],
      files: [{ path: tree.contents['write'] ?? 'home/x', content: '' }],
      steps: [{ name: 'x', phase: 'build', argv: ['true'], cwd: '.', env: {}, missPatterns: [], failurePatterns: [] }],
      dependencyFiles: [],
      registries: [],
      reports: [],
      output: {
        kind: 'jar',
        primary: { include: ['out/*.jar'], exclude: [] },
        companions: { include: [], exclude: [] },
      },
    };
  },
  inspect: () => ({ plugin: 'good', kind: 'jar', main: 'a.B', mainCandidates: ['a.B'], spark: 'provided' }),
  task: (_, published) => ({
    task: { spark_jar_task: { main_class_name: 'a.B' } },
    libraries: [{ jar: published.primary }],
  }),
};

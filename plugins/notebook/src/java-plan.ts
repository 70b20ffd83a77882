import { PlanRefusal } from '@slowlane/contracts';
import type { PlanConfig, TreeSnapshot } from '@slowlane/contracts';
import { jdkFor, pythonFor } from '@slowlane/kit';
import { javaFiles } from './find-notebooks.ts';
import { packProgram, packScript } from './pack-program.ts';
import type { PlanParts } from './plan.ts';

const classes = '/work/out/classes';

/** A "notebook" in Java: the files at the top compiled against Spark's own JARs, nothing else, and packed into a JAR. */
export function javaPlan(tree: TreeSnapshot, config: PlanConfig): PlanParts {
  const files = javaFiles(tree);
  const jdk = jdkFor(config);
  const spark = config.toolchains.find(({ name }) => name === 'spark');
  const main = mainOf(tree, files, config.main);
  return {
    tools: [
      jdk,
      pythonFor(config),
      { name: 'spark', version: spark?.version ?? config.runtime.spark, source: `runtime ${config.runtime.version}` },
    ],
    files: [{ path: packScript, content: packProgram }],
    steps: [
      {
        name: 'javac',
        phase: 'build',
        argv: [
          'javac',
          '--release',
          String(config.runtime.java),
          '-encoding',
          'UTF-8',
          '-parameters',
          '-proc:none',
          '-d',
          classes,
          '-classpath',
          '/opt/site/pyspark/jars/*',
          ...files.map((file) => `./${file}`),
        ],
      },
      {
        name: 'jar',
        phase: 'build',
        argv: ['python3', '-I', `/work/${packScript}`, 'jar', `/work/out/${main.split('.').at(-1)}.jar`, classes, main],
      },
    ],
    dependencyFiles: [],
    registries: [],
    reports: [],
    output: {
      kind: 'jar',
      primary: { include: ['out/*.jar'], exclude: [] },
      companions: { include: [], exclude: [] },
    },
  };
}

/** Binary name of the class with the main method: `job.main`, or the only file that has one. */
function mainOf(tree: TreeSnapshot, files: readonly string[], wanted: string | undefined): string {
  const mains = files.flatMap((path) => {
    const text = tree.contents[path] ?? '';
    if (!/\bstatic\s+(?:final\s+)?void\s+main\s*\(/.test(text)) return [];
    const pack = /^\s*package\s+([\w.]+)\s*;/m.exec(text)?.[1];
    const name = path.replace(/\.java$/, '');
    return [pack === undefined ? name : `${pack}.${name}`];
  });
  if (wanted !== undefined && mains.includes(wanted)) return wanted;
  if (wanted === undefined && mains.length === 1) return mains[0] as string;
  throw new PlanRefusal(
    'plan.refused',
    wanted === undefined
      ? `${mains.length} Java files have a main method and job.main names none`
      : `job.main: no Java file at the top holds the class ${wanted} with a main method`,
    {
      hint:
        mains.length === 0
          ? 'One file needs a class of its own name with public static void main(String[] args).'
          : `Set job.main to one of: ${mains.join(', ')}`,
      candidates: mains,
    },
  );
}

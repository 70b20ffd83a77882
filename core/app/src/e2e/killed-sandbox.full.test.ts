import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGitProject } from './git-project.ts';
import { createTestInstallation, type TestInstallation } from './test-installation.ts';

let installation: TestInstallation;
let token: string;
beforeAll(async () => {
  installation = await createTestInstallation();
  await installation.up();
  token = (await installation.token('read', 'push:napping')).secret;
}, 300_000);
afterAll(() => installation.close());

/** An argument that no other process has: the build of the project is found by it. */
const nap = '9.531';

describe('a build whose sandbox is killed', () => {
  it('is refused with the reason, registers nothing, and the same push again is built and registered once', async () => {
    const project = await createGitProject(installation, { pipeline: 'napping', token });
    project.write({
      'project/build.properties': 'sbt.version=1.11.7\n',
      'build.sbt': `scalaVersion := "2.13.16"\nname := "napping"\nval nap = scala.sys.process.Process(Seq("sleep", "${nap}")).!\n`,
      'src/main/scala/Main.scala': 'object Main { def main(args: Array[String]): Unit = println("awake") }\n',
      '.slowlane/napping.yaml': 'pipeline: napping\njob: { main: Main }\n',
    });
    await project.commit('Naps while it is built');
    let isOver = false;
    const pushing = project.push().finally(() => (isOver = true));
    let killed: number | undefined;
    while (!isOver && killed === undefined) {
      killed = killSandboxOf(['sleep', nap]);
      await pause(20);
    }
    const pushed = await pushing;
    expect(killed, 'the sandbox was killed').toBeDefined();
    expect(pushed.exitCode, pushed.stderr).not.toBe(0);
    expect(pushed.stderr).toMatch(/build\.|sandbox\./);
    const client = installation.client(token);
    const first = (await client.listBuilds({ pipeline: 'napping' })).builds;
    expect(first.map(({ state }) => state)).toEqual(['failed']);
    const again = await project.push();
    expect(again.exitCode, again.stderr).toBe(0);
    const { builds } = await client.listBuilds({ pipeline: 'napping' });
    expect(builds.map(({ state }) => state).sort()).toEqual(['failed', 'registered']);
    expect(builds.flatMap(({ registrations }) => registrations ?? [])).toHaveLength(1);
  }, 600_000);
});

/** Kills the outermost sandbox process around the one with these arguments; undefined while there is none. */
function killSandboxOf(argv: readonly string[]): number | undefined {
  const inside = readdirSync('/proc').find(
    (pid) => /^\d+$/.test(pid) && read(`/proc/${pid}/cmdline`) === `${argv.join('\0')}\0`,
  );
  let outermost: number | undefined;
  for (let pid = Number(inside ?? 0); pid > 1; pid = parentOf(pid)) if (isSandbox(pid)) outermost = pid;
  if (outermost !== undefined) process.kill(outermost, 'SIGKILL');
  return outermost;
}

function isSandbox(pid: number): boolean {
  return read(`/proc/${pid}/comm`).trim() === 'bwrap';
}

function parentOf(pid: number): number {
  return Number(/^PPid:\t(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '@slowlane/process';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slowlane-runner-'));
  await cp(join(import.meta.dirname, 'kernel'), folder, { recursive: true });
  await mkdir(join(folder, 'lib'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const metadata = {
  'parts-1.0.dist-info/METADATA': 'Metadata-Version: 2.1\nName: parts\nVersion: 1.0\n',
  'parts-1.0.dist-info/WHEEL': 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
  'parts-1.0.dist-info/entry_points.txt': '[console_scripts]\nreport = parts.main:main\n',
  'parts-1.0.dist-info/RECORD': '',
};
const main = `import importlib.util, os, sys
import parts.table

def main():
    rates = os.path.join(os.path.dirname(os.path.dirname(parts.__file__)), "share", "parts", "rates.txt")
    print(sys.argv[1:], parts.table.rows, open(rates).read() if os.path.exists(rates) else "no data")
`;

async function wheel(files: Record<string, string>): Promise<string> {
  const source = join(folder, 'source');
  for (const [name, content] of Object.entries({ ...metadata, ...files })) {
    await mkdir(dirname(join(source, name)), { recursive: true });
    await writeFile(join(source, name), content);
  }
  const target = join(folder, 'parts-1.0-py3-none-any.whl');
  const tops = [...new Set(Object.keys({ ...metadata, ...files }).map((name) => name.split('/')[0] as string))];
  const made = await run(['/usr/bin/python3', '-m', 'zipfile', '-c', target, ...tops], { cwd: source });
  expect(made.ok, made.stderr).toBe(true);
  return target;
}

async function start(path: string): Promise<{ code: number | null | undefined; stdout: string; stderr: string }> {
  const program = path.endsWith('.whl')
    ? { kind: 'wheel', package: 'parts', entryPoint: 'report', parameters: ['x'], wheels: [path] }
    : { kind: 'script', script: path, parameters: [], wheels: [] };
  const task = {
    ...{ ...program, taskValues: {}, library: join(folder, 'lib'), failure: join(folder, 'failure.json') },
    ...{ secrets: join(folder, 'secrets.json'), values: join(folder, 'values.json') },
    ...{ events: join(folder, 'events.jsonl'), notebooks: join(folder, 'notebooks'), workspace: folder },
  };
  await writeFile(join(folder, 'secrets.json'), '{}');
  await writeFile(join(folder, 'task.json'), JSON.stringify(task));
  const env = { PATH: '/usr/bin:/bin', HOME: folder, PYTHONPATH: join(folder, 'lib') };
  const result = await run(['/usr/bin/python3', join(folder, 'runner.py')], { env, cwd: folder });
  return { code: result.exitCode, stdout: result.stdout, stderr: result.stderr };
}

describe('the runner of Python tasks', { timeout: 60_000 }, () => {
  it('installs a wheel with a .data folder by its rules: code and data each where they belong', async () => {
    const path = await wheel({
      'parts/__init__.py': '',
      'parts/main.py': main,
      'parts-1.0.data/purelib/parts/table.py': 'rows = [1, 2]\n',
      'parts-1.0.data/data/share/parts/rates.txt': '0.21',
    });
    expect(await start(path)).toMatchObject({ code: 0, stdout: "['x'] [1, 2] 0.21\n" });
  });

  it('unpacks a wheel without one by itself', async () => {
    const path = await wheel({ 'parts/__init__.py': '', 'parts/main.py': main, 'parts/table.py': 'rows = [3]\n' });
    expect(await start(path)).toMatchObject({ code: 0, stdout: "['x'] [3] no data\n" });
  });

  it('offers files to programs by dbutils.fs: each of its calls, and what it refuses', async () => {
    const script = join(folder, 'files.py');
    await writeFile(
      script,
      `import json
at = "file:${folder}/data"
fs = dbutils.fs
found = [fs.mkdirs(at + "/a/b"), fs.put(at + "/a/one.txt", "first"), fs.head(at + "/a/one.txt", 3)]
def refused(work):
    try:
        work()
    except Exception as error:
        return type(error).__name__
    return "nothing"
found.append(refused(lambda: fs.put(at + "/a/one.txt", "again")))
fs.put(at + "/a/one.txt", "second", True)
found.append(refused(lambda: fs.cp(at + "/a", at + "/c")))
fs.cp(at + "/a", at + "/c", True)
fs.mv(at + "/c/one.txt", at + "/c/b/two.txt")
found.append([[one.name, one.size] for one in fs.ls(at + "/c")])
found.append([[one.path[-9:], one.size] for one in fs.ls(at + "/c/b")])
found += [refused(lambda: fs.rm(at + "/c")), fs.rm(at + "/c", True), fs.rm(at + "/c"), refused(lambda: fs.ls("a"))]
found.append(refused(lambda: fs.mount("s3a://b", "/mnt/b")))
print(json.dumps(found))
`,
    );
    const { stdout, stderr } = await start(script);
    expect(JSON.parse(stdout.split('\n').at(-2) ?? stderr)).toEqual([
      ...[true, true, 'fir', 'FileExistsError', 'IsADirectoryError', [['b/', 0]], [['b/two.txt', 6]]],
      ...['OSError', true, false, 'ValueError', 'NotImplementedError'],
    ]);
  });

  it('says why where pip refuses a wheel', async () => {
    const path = await wheel({ 'parts/__init__.py': '', 'parts-1.0.data/nonsense/x.py': '' });
    expect((await start(path)).code).not.toBe(0);
    expect(await readFile(join(folder, 'failure.json'), 'utf8')).toContain('The wheels could not be installed');
  });
});

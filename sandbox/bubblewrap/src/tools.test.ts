import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canStartTestHelper, shellInSandbox, startTestHelper } from '@slowlane/testkit';
import type { TestHelper } from '@slowlane/testkit';

const java = `cat > T.java <<'X'
import java.util.concurrent.*; import java.nio.file.*; import java.nio.channels.*;
class T { public static void main(String[] a) throws Exception {
  var pool = Executors.newFixedThreadPool(4); var sum = 0L;
  for (var one : pool.invokeAll(java.util.List.of(() -> 1L, () -> 2L, () -> 3L))) sum += (Long) one.get();
  pool.shutdown();
  try (var channel = FileChannel.open(Path.of("map"), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
    var map = channel.map(FileChannel.MapMode.READ_WRITE, 0, 4096); map.put(0, (byte) 1); map.force(); channel.lock().release(); }
  var child = new ProcessBuilder("/bin/echo", "child").inheritIO().start(); child.waitFor();
  try (var server = new java.net.ServerSocket(0); var client = new java.net.Socket("127.0.0.1", server.getLocalPort())) { sum += server.accept().getPort() > 0 ? 0 : 100; }
  System.out.println("sum " + sum); } }
X
java T.java`;
const python = `python3 - <<'X'
import asyncio, multiprocessing, os, sqlite3, subprocess, tempfile, threading, mmap, select, shutil
assert subprocess.run(["/bin/echo", "x"], capture_output=True).stdout == b"x\\n"
with multiprocessing.get_context("fork").Pool(2) as pool: assert pool.map(abs, [-1, -2]) == [1, 2]
db = sqlite3.connect("a.db"); db.execute("create table t(x)"); db.commit()
async def ask():
    server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()); assert await reader.read() == b""
asyncio.run(ask())
with tempfile.TemporaryDirectory() as top: shutil.copytree("/usr/share/doc/bash", top + "/copy")
os.sendfile; os.copy_file_range; memory = mmap.mmap(-1, 4096); memory[0] = 1
print("python works")
X`;
const git =
  'export HOME=/work GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org; git init -q r && cd r && echo x > f && git add f && git commit -qm first && git gc -q && git clone -q . ../copy && git -C ../copy log --format=%s';

const programs: [string, string, string, string][] = [
  ['java', '/usr/bin/java', java, 'child\nsum 6\n'],
  ['python', '/usr/bin/python3', python, 'python works\n'],
  ['git', '/usr/bin/git', git, 'first\n'],
  [
    'node',
    process.execPath,
    `/opt/node/bin/node -e 'const {Worker}=require("worker_threads"),fs=require("fs"),c=require("child_process");fs.cpSync("/usr/share/doc/bash","copy",{recursive:true});new Worker("require(\\"worker_threads\\").parentPort.postMessage(1)",{eval:true}).on("message",()=>console.log("node", String(c.execFileSync("/bin/echo",["works"])).trim()))'`,
    'node works\n',
  ],
  [
    'R',
    '/usr/bin/Rscript',
    `Rscript -e 'cat(sum(unlist(parallel::mclapply(1:3, identity))), system("echo child", intern = TRUE), "\\n")'`,
    '6 child \n',
  ],
  [
    'perl',
    '/usr/bin/perl',
    `perl -e 'my $r = fork; exit 0 unless $r; waitpid($r, 0); print "perl works\\n"'`,
    'perl works\n',
  ],
];

describe.skipIf(!canStartTestHelper())('under the list of allowed system calls', () => {
  let helper: TestHelper;
  beforeAll(async () => {
    helper = await startTestHelper();
  });
  afterAll(() => helper.close());

  for (const [name, program, script, expected] of programs) {
    it.skipIf(!existsSync(program))(`${name} does what builds do`, async () => {
      const sandbox = await helper.driver.create(helper.spec());
      const { stdout, stderr, end } = await shellInSandbox(sandbox, script);
      await sandbox.destroy();
      expect({ stdout, code: end.code, stderr: end.code === 0 ? '' : stderr }).toEqual({
        stdout: expected,
        code: 0,
        stderr: '',
      });
    });
  }
});

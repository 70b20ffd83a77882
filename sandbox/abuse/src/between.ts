import type { Sandbox } from '@slowlane/contracts';
import { finding, python, shell, untilSaid } from './bench.ts';
import type { Bench, Finding } from './bench.ts';

/** Tests 27 and 28: what one sandbox can leave for or see of another. */
export async function attackNeighbour(bench: Bench): Promise<Finding[]> {
  return [await poisonCaches(bench), ...(await seeNeighbour(bench))];
}

const writeEverywhere = `
import os
own = ("/work", "/tmp", "/dev/shm", "/proc", "/dev")
places = {line.split()[1] for line in open("/proc/self/mounts")} | {"/", "/usr", "/etc", "/usr/share", "/usr/lib"}
for place in sorted(places):
    for folder in (place, os.path.dirname(place) or "/"):
        if folder.startswith(own): continue
        try: open(os.path.join(folder, "poison"), "w").write("x"); print(folder)
        except OSError: pass
for place in own[:3]:
    open(place + "/poison", "w").write("x")`;

/** What a build writes to all it sees is nowhere in a build of another project. */
async function poisonCaches(bench: Bench): Promise<Finding> {
  const written = await bench.within({}, (sandbox) => python(sandbox, writeEverywhere));
  const seen = await bench.within({}, (sandbox) =>
    shell(sandbox, 'ls -d /poison /*/poison /usr/*/poison /dev/shm/poison 2>/dev/null; exit 0'),
  );
  const ok = written.end.code === 0 && written.stdout === '' && seen.stdout === '';
  return finding('27 cache poisoning', ok, { written: written.stdout, seen: seen.stdout, said: written.stderr });
}

const occupy = `
import os, socket, sys, time
s = socket.socket(); s.bind(("127.0.0.1", 7177)); s.listen()
a = socket.socket(socket.AF_UNIX); a.bind("\\0neighbour"); a.listen()
for place in ("/tmp", "/dev/shm"): open(place + "/neighbour", "w").write("x")
print("up", flush=True)
children = []
try:
    while True:
        child = os.fork()
        if child == 0: time.sleep(60); os._exit(0)
        children.append(child)
except OSError: pass
print("full", flush=True)
time.sleep(60)`;

const look = `
import os, socket
def reaches(family, address):
    try: socket.socket(family).connect(address); return True
    except OSError: return False
print("port", reaches(socket.AF_INET, ("127.0.0.1", 7177)))
print("abstract", reaches(socket.AF_UNIX, "\\0neighbour"))
print("files", [place for place in ("/tmp", "/dev/shm") if os.path.exists(place + "/neighbour")])
print("processes", len([name for name in os.listdir("/proc") if name.isdigit()]) > 4)
child = os.fork()
if child == 0: os._exit(0)
os.waitpid(child, 0)
print("forked")`;

/** One fills its process limit and listens where it can; the other must not see it, and must still be able to start processes. */
async function seeNeighbour(bench: Bench): Promise<Finding[]> {
  return bench.within({}, async (one) => {
    const running = await one.exec({ argv: ['/usr/bin/python3', '-I', '-S', '-c', occupy], net: { mode: 'none' } });
    running.stdin.end();
    running.stderr.resume();
    await untilSaid(running.stdout, 'full');
    const { stdout, end } = await bench.within({}, (other: Sandbox) => python(other, look));
    await one.killAll();
    const expected = 'port False\nabstract False\nfiles []\nprocesses False\nforked\n';
    return [finding('28 neighbours', stdout === expected && end.code === 0, { stdout, end: end.reason })];
  });
}

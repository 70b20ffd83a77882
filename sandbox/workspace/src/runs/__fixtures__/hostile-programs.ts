/** Programs that try to hurt others. Each prints what it achieved as one line of JSON behind the word `found`. */
export const hostilePrograms = {
  /** Looks for the host, the workspace's own files, other runs and other programs, and for a way out. argv: paths to read, then a port of the host. */
  spy: `import glob, json, os, socket, sys
*paths, port = sys.argv[1:]
def tried(work):
    try:
        return work()
    except OSError as error:
        return "refused"
def connect(host):
    with socket.create_connection((host, int(port)), 2):
        return "connected"
def fill(path):
    with open(path, "wb") as file:
        for _ in range(2000):
            file.write(b"x" * 1_048_576)
    return "wrote 2 GB"
def listen():
    with socket.socket() as server:
        server.bind(("0.0.0.0", int(port)))
        server.listen()
    return "listens to itself"
found = {
    "read": [path for path in paths if tried(lambda: os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(1)) != "refused"],
    "processes": [name for name in glob.glob("/proc/[0-9]*/cmdline") if (tried(lambda: open(name).read()) or "").find("workspace-main") >= 0],
    "networks": [name for _, name in socket.if_nameindex()],
    "connected": [tried(lambda: connect(host)) for host in ("127.0.0.1", "localhost")],
    "listen": tried(listen),
    "filled": [tried(lambda: fill(path)) for path in ("/tmp/full", "/dev/shm/full", "/full", "/etc/full")],
    "secrets": sorted(name for name in os.environ if "TOKEN" in name or "SLOWLANE" in name),
    "root": tried(lambda: os.setuid(0) or "root"),
}
print("found", json.dumps(found), flush=True)
`,
  /** Makes processes until it may not, which sleep on when it ends. */
  forks: `import json, os, time
made = 0
for _ in range(10_000):
    try:
        if os.fork() == 0:
            time.sleep(3_600)
            os._exit(0)
        made += 1
    except OSError:
        break
print("found", json.dumps(made), flush=True)
os._exit(0)
`,
  /** Kills everything that it can reach, itself included. */
  killer: `import os, signal
print("found 1", flush=True)
os.kill(-1, signal.SIGKILL)
`,
  /** Ends the JVM under itself. */
  leaver: `from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
print("found 1", flush=True)
spark._jvm.java.lang.System.exit(3)
`,
  /** Prints without end. */
  flood: `import sys
line = "x" * 1_023 + "\\n"
for _ in range(200_000):
    sys.stdout.write(line)
`,
  /** Harms nobody: waits for a file beside the others, and then has Spark compute. */
  bystander: `import os, sys, time
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
print("up", flush=True)
open(sys.argv[1] + "/up", "w").close()
while not os.path.exists(sys.argv[1] + "/go"):
    time.sleep(0.05)
print("found", spark.range(101).selectExpr("sum(id)").first()[0])
`,
};

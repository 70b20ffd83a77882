import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@slowlane/process';

const javaSource = `package demo;
import java.nio.file.*;
import java.util.*;
import org.apache.spark.sql.SparkSession;
public class Main {
  public static void main(String[] args) throws Exception {
    Path result = Paths.get(args[1]);
    Files.createDirectories(result);
    Files.write(result.resolve("starts.txt"), "start\\n".getBytes(), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    switch (args[0]) {
      case "sum": sum(result); break;
      case "exit": System.out.println("leaving"); System.exit(3); break;
      case "leave": SparkSession.builder().getOrCreate(); System.out.println("leaving"); System.exit(0); break;
      case "throw": throw new IllegalStateException("no orders today");
      case "wait": while (!Files.exists(result.resolve("go"))) Thread.sleep(20); System.out.println("went"); break;
      case "stubborn": sun.misc.Signal.handle(new sun.misc.Signal("TERM"), s -> {}); Thread.sleep(600000); break;
      case "probe": probe(); break;
    }
  }
  static void sum(Path result) throws Exception {
    SparkSession spark = SparkSession.builder().getOrCreate();
    long sum = spark.range(1, 101).selectExpr("sum(id)").first().getLong(0);
    spark.range(3).coalesce(1).write().mode("overwrite").json("file:" + result + "/rows");
    Files.write(result.resolve("sum.txt"), String.valueOf(sum).getBytes());
    System.out.println("sum " + sum + " on " + spark.sparkContext().master());
    spark.stop();
  }
  static void probe() throws Exception {
    System.out.println("env " + new TreeMap<>(System.getenv()).keySet());
    System.out.println("root " + Files.exists(Paths.get("/root")) + " home " + Files.exists(Paths.get("/home")));
    System.out.println("net " + java.net.NetworkInterface.networkInterfaces().map(n -> n.getName()).toList());
  }
}
`;

/** A tiny JAR against Spark's own jars. */
export async function buildJar(site: string): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'slowlane-jar-'));
  try {
    await mkdir(join(folder, 'demo'));
    await writeFile(join(folder, 'demo', 'Main.java'), javaSource);
    await must([
      'javac',
      '-nowarn',
      '-cp',
      `${site}/pyspark/jars/*`,
      '-d',
      join(folder, 'out'),
      join(folder, 'demo', 'Main.java'),
    ]);
    await must(['jar', '--create', '--file', join(folder, 'demo.jar'), '-C', join(folder, 'out'), '.']);
    return await readFile(join(folder, 'demo.jar'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

const wheelFiles: Record<string, string> = {
  'demo_wheel/__init__.py': 'def plain():\n    import sys\n    print("plain", sys.argv)\n',
  'demo_wheel/words.py': 'def shout(text):\n    return text.upper() + "!"\n',
  'demo_wheel/main.py': `import sys


def main():
    from pyspark.sql import SparkSession
    import pyspark
    from demo_wheel.words import shout

    print("argv", sys.argv)
    spark = SparkSession.builder.getOrCreate()
    rows = spark.sparkContext.parallelize(["a", "b", "c"], 2).map(shout).collect()
    print("rows", rows, "zip" if ".zip" in pyspark.__file__ else "folder")
    with open(sys.argv[2] + "/words.txt", "w") as file:
        file.write(",".join(rows))
    spark.stop()
`,
  'demo_wheel-1.0.dist-info/METADATA': 'Metadata-Version: 2.1\nName: demo-wheel\nVersion: 1.0\n',
  'demo_wheel-1.0.dist-info/WHEEL': 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
  'demo_wheel-1.0.dist-info/entry_points.txt': '[console_scripts]\nreport = demo_wheel.main:main\n',
  'demo_wheel-1.0.dist-info/RECORD': '',
};

/** A pure wheel with an entry point, made by Python's own zipfile. */
export async function buildWheel(): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'slowlane-wheel-'));
  try {
    for (const [name, content] of Object.entries(wheelFiles)) {
      await mkdir(join(folder, name, '..'), { recursive: true });
      await writeFile(join(folder, name), content);
    }
    const wheel = join(folder, 'demo_wheel-1.0-py3-none-any.whl');
    await must([
      '/usr/bin/python3',
      '-m',
      'zipfile',
      '-c',
      wheel,
      join(folder, 'demo_wheel'),
      join(folder, 'demo_wheel-1.0.dist-info'),
    ]);
    return await readFile(wheel);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function must(argv: string[]): Promise<void> {
  const result = await run(argv, { inheritEnv: true });
  if (!result.ok) throw new Error(`${argv[0]}: ${result.stdout}${result.stderr}`);
}

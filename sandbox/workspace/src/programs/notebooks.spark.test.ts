import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canStartTestHelper } from '@slowlane/testkit';
import { type SparkWorkspace, startSparkWorkspace } from '../__fixtures__/spark-workspace.ts';
import { notebookTools, type NotebookTools } from './__fixtures__/notebook-tools.ts';
import { hasR } from './has-r.ts';

describe.skipIf(!canStartTestHelper())('notebooks on real Spark', { timeout: 240_000 }, () => {
  let test: SparkWorkspace;
  let tools: NotebookTools;
  beforeAll(async () => {
    test = await startSparkWorkspace();
    tools = notebookTools(test);
    await test.call('POST', '/api/2.0/secrets/scopes/create', { scope: 'erp' });
    await test.call('POST', '/api/2.0/secrets/put', { scope: 'erp', key: 'password', string_value: 'hunter-2-secret' });
    await test.call('PUT', '/api/2.0/fs/directories/Volumes/main/demo/files');
  }, 900_000);
  afterAll(() => test?.close());

  it('Python: widgets, %run, a Jupyter notebook below it, %sql, %sh, files on volumes, secrets, tables, and the result', async () => {
    await tools.put('/Shared/lib', 'PYTHON', [
      'def shout(text):\n    return text.upper() + dbutils.widgets.get("mark")',
      'included = 1',
    ]);
    const source = ['dbutils.notebook.exit("child " + dbutils.widgets.get("n") + str("included" in globals()))'];
    const cells = [
      { cell_type: 'markdown', metadata: {}, source: ['# A child'] },
      { cell_type: 'code', metadata: {}, source, outputs: [], execution_count: null },
    ];
    const jupyter = JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells });
    await test.call('POST', '/api/2.0/workspace/import', {
      ...{ path: '/Shared/child', format: 'JUPYTER', content: Buffer.from(jupyter).toString('base64') },
    });
    const path = await tools.put('/Shared/main', 'PYTHON', [
      'dbutils.widgets.text("day", "monday")\ndbutils.widgets.text("other", "default")',
      '# MAGIC %run ./lib $mark="!"',
      'from dataclasses import dataclass\n@dataclass\nclass Row:\n    id: int\nspark.createDataFrame([Row(1), Row(2)]).write.mode("overwrite").saveAsTable("main.default.rows")',
      '# MAGIC %sql\n# MAGIC CREATE SCHEMA IF NOT EXISTS main.sales;\n# MAGIC CREATE OR REPLACE TABLE main.sales.orders AS SELECT * FROM rows WHERE id > 1;\n# MAGIC SELECT count(*) AS n, :day AS day FROM main.sales.orders',
      '# MAGIC %sh\n# MAGIC echo "from the shell"; ls / | grep -c Volumes',
      'dbutils.fs.put("/Volumes/main/demo/files/a.txt", "hello", True)\ndbutils.fs.cp("dbfs:/Volumes/main/demo/files/a.txt", "/Volumes/main/demo/files/b.txt")\ndisplay(dbutils.fs.ls("dbfs:/Volumes/main/demo/files"))',
      'spark.range(3).coalesce(1).write.mode("overwrite").csv("dbfs:/Volumes/main/demo/files/csv")\nprint("lines", spark.read.text("/Volumes/main/demo/files/csv").count(), spark.read.text("dbfs:/Volumes/main/demo/files/b.txt").first()[0])',
      'value = dbutils.secrets.get("erp", "password")\nprint("secret", value, len(value), [s.name for s in dbutils.secrets.listScopes()])',
      'displayHTML("<script>alert(1)</script>")\nshout("x")',
      'dbutils.jobs.taskValues.set("rows", 7)',
      'day = dbutils.widgets.get("day")\nchild = dbutils.notebook.run("./child", 60, {"n": 4})\ndbutils.notebook.exit(f"{shout(day)} {_sqldf.first()[0]} {child} {dbutils.widgets.getAll()[\'other\']}")',
      'raise Exception("never reached")',
    ]);
    const run = await tools.run({ notebook_path: path, base_parameters: { day: 'friday', unused: '1' } });
    expect(run.output).toMatchObject({
      notebook_output: { result: 'FRIDAY! 1 child 4False default', truncated: false },
    });
    expect(run.state).toMatchObject({ result_state: 'SUCCESS' });
    expect(run.output).not.toHaveProperty('logs');
    const html = await tools.exported(run.runId);
    expect(html).toContain('from the shell');
    expect(html).toContain('secret [REDACTED] 15 [&#39;erp&#39;]');
    expect(html).not.toContain('hunter-2-secret');
    expect(html).not.toContain('<script>');
    expect(html).toContain('<th>n</th><th>day</th></tr><tr><td>1</td><td>friday</td>');
    expect(html).toContain('dbfs:/Volumes/main/demo/files/a.txt');
    expect(html).toContain('lines 3 hello');
    expect(await tools.page(run.runId)).not.toContain('hunter-2-secret');
  });

  it('Python: the error of a cell is the error of the run, and later cells do not run', async () => {
    const path = await tools.put('/Shared/broken', 'PYTHON', [
      'def f():\n    raise ValueError("bad day")',
      'f()',
      'print("never")',
    ]);
    const run = await tools.run({ notebook_path: path });
    expect(run.state).toMatchObject({ result_state: 'FAILED' });
    expect(run.output).toMatchObject({
      error: 'ValueError: bad day',
      error_trace: expect.stringContaining('raise ValueError'),
    });
    expect(await tools.exported(run.runId)).not.toContain('never');
  });

  it('SQL: statements, widgets, three-level names that an earlier run has made', async () => {
    const path = await tools.put('/Shared/report', 'SQL', [
      "CREATE WIDGET TEXT low DEFAULT '5'",
      'CREATE OR REPLACE TABLE main.sales.numbers (id INT, word STRING);\nINSERT INTO main.sales.numbers VALUES (1, "a;b"), (7, "c")',
      "MERGE INTO main.sales.numbers t USING (SELECT 7 AS id) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET word = 'merged'",
      'SELECT word FROM main.sales.numbers WHERE id > :low',
      '-- MAGIC %python\n-- MAGIC dbutils.notebook.exit(_sqldf.first()[0] + str(spark.table("main.sales.orders").count()))',
    ]);
    const run = await tools.run({ notebook_path: path });
    expect(run.output).toMatchObject({ notebook_output: { result: 'merged1' } });
  });

  it('Scala: case classes, Datasets, %sql, widgets, secrets, and the result', async () => {
    await tools.put('/Shared/more', 'SCALA', ['def twice(n: Long): Long = n * 2']);
    const path = await tools.put('/Shared/engine', 'SCALA', [
      '// MAGIC %run ./more',
      'case class Order(id: Long, city: String)\nval orders = Seq(Order(1, "Bonn"), Order(2, "Bonn"), Order(3, "Oslo")).toDS()\nval perCity = orders.groupBy("city").count()\ndisplay(perCity)',
      'perCity.createOrReplaceTempView("cities")',
      '// MAGIC %sql SELECT max(count) AS most FROM cities',
      'println("secret " + dbutils.secrets.get("erp", "password"))',
      'spark.range(4).write.mode("overwrite").saveAsTable("main.sales.fromscala")\ndbutils.fs.put("/Volumes/main/demo/files/s.txt", "scala", true)',
      'dbutils.notebook.exit(dbutils.widgets.get("day") + twice(spark.table("main.sales.fromscala").count()) + dbutils.fs.head("dbfs:/Volumes/main/demo/files/s.txt"))',
    ]);
    const run = await tools.run({ notebook_path: path, base_parameters: { day: 'friday' } });
    expect(run.output, await tools.page(run.runId)).toMatchObject({ notebook_output: { result: 'friday8scala' } });
    const html = await tools.exported(run.runId);
    expect(html).toContain('<th>most</th></tr><tr><td>2</td>');
    expect(html).toContain('secret [REDACTED]');
    const broken = await tools.put('/Shared/brokenscala', 'SCALA', ['val a = 1', 'sys.error("no orders")']);
    const failed = await tools.run({ notebook_path: broken });
    expect(failed.output).toMatchObject({ error: expect.stringContaining('no orders') });
  });

  it('R: Spark, %sql, Python beside it, widgets, and the result', async ({ skip }) => {
    skip(!hasR(), 'R is not installed: r-base-core, r-cran-reticulate, r-cran-jsonlite');
    const path = await tools.put('/Shared/rbook', 'R', [
      'library(jsonlite)\nday <- dbutils.widgets.get("day")\nrows <- spark$range(10L)\nn <- rows$count()\nprint(n)',
      '# MAGIC %sql SELECT sum(id) AS total FROM range(10)',
      '# MAGIC %python\n# MAGIC from_python = 5',
      'display(spark$sql("SELECT 42 AS answer"))\ndisplay(data.frame(city = "Bonn"))',
      'total <- spark$sql("SELECT sum(id) AS total FROM range(10)")$first()[["total"]]\ndbutils.notebook.exit(paste(day, n, total))',
    ]);
    const run = await tools.run({ notebook_path: path, base_parameters: { day: 'friday' } });
    expect(run.output, await tools.page(run.runId)).toMatchObject({ notebook_output: { result: 'friday 10 45' } });
    const html = await tools.exported(run.runId);
    expect(html).toContain('<th>answer</th></tr><tr><td>42</td>');
    expect(html).toContain('Bonn');
    const broken = await tools.put('/Shared/brokenr', 'R', ['f <- function() stop("no orders in R")\nf()']);
    const failed = await tools.run({ notebook_path: broken });
    expect(failed.output).toMatchObject({ error: 'Error in R: no orders in R' });
  });

  it('a notebook that takes all memory, exits or looks around hurts nobody', async () => {
    const hungry = await tools.put('/Shared/hungry', 'PYTHON', [
      'blocks = []\nwhile True:\n    blocks.append(bytearray(50_000_000))',
    ]);
    const leaving = await tools.put('/Shared/leaving', 'PYTHON', [
      'import os\nprint("root", os.path.exists("/root"), "home", os.path.exists("/home"))',
      'os._exit(3)',
    ]);
    const [memory, exited] = [await tools.run({ notebook_path: hungry }), await tools.run({ notebook_path: leaving })];
    expect(memory.output).toMatchObject({ error: expect.stringContaining('ran out of memory') });
    expect(exited.state).toMatchObject({ result_state: 'FAILED', state_message: expect.stringContaining('code 3') });
    expect(await tools.exported(exited.runId)).toContain('root False home False');
  });

  it('a SQL file runs with its parameters; a notebook that is not there is RESOURCE_NOT_FOUND', async () => {
    await test.upload(
      '/Volumes/main/demo/files/job.sql',
      Buffer.from('CREATE OR REPLACE TABLE main.sales.q AS SELECT 1 AS a;\nSELECT :word AS said FROM main.sales.q'),
    );
    const sql = await tools.submit({
      sql_task: {
        warehouse_id: 'any',
        file: { path: '/Volumes/main/demo/files/job.sql' },
        parameters: { word: 'hello' },
      },
    });
    expect(sql.output.logs).toContain('hello');
    const missing = await tools.run({ notebook_path: '/Shared/nowhere' });
    expect(missing.output).toMatchObject({ error: expect.stringContaining('/Shared/nowhere') });
  });
});

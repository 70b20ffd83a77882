import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canStartTestHelper } from '@slowlane/testkit';
import { sparkSite, type SparkWorkspace, startSparkWorkspace } from '../__fixtures__/spark-workspace.ts';
import { python, r, scala } from './__fixtures__/flight-programs.ts';
import { flightsJar } from './__fixtures__/flights-jar.ts';
import { type Figures, resultOnFlights, uploadFlights } from './__fixtures__/flights.ts';
import { notebookTools, type NotebookTools } from './__fixtures__/notebook-tools.ts';
import { hasR } from './has-r.ts';

describe.skipIf(!canStartTestHelper())('real programs on the New York flights of 2013', { timeout: 600_000 }, () => {
  let test: SparkWorkspace;
  let tools: NotebookTools;
  let figures: Figures;
  beforeAll(async () => {
    test = await startSparkWorkspace({ driverMemoryBytes: 1_024 ** 3, wallMs: 900_000 });
    tools = notebookTools(test);
    figures = await uploadFlights(test);
  }, 900_000);
  afterAll(() => test?.close());

  const resultOf = (path: string): Promise<Record<string, unknown>> => resultOnFlights(tools, path);

  it('Python: count, join, words, regression, Delta, and a stream that takes what is there', async () => {
    const path = await tools.put('/Shared/py', 'PYTHON', Object.values(python));
    const found = await resultOf(path);
    const { slope, intercept, ...exact } = figures;
    expect(found).toMatchObject({ ...exact, delta: [afterDelete(), figures.flights], streamed: afterDelete() });
    expect(found.slope).toBeCloseTo(slope, 6);
    expect(found.intercept).toBeCloseTo(intercept, 6);
  });

  it('Scala: count, join, words, regression and k-means, Delta, and a stream', async () => {
    const { read, join: joined, words, ml, delta, stream, allMore, exit } = scala;
    const path = await tools.put('/Shared/sc', 'SCALA', [read, joined, words, ml, delta, stream, allMore, exit]);
    const found = await resultOf(path);
    const { slope, intercept, ...exact } = figures;
    expect(found).toMatchObject({
      ...exact,
      changed: figures.perOrigin['EWR'],
      ordered: true,
      streamed: figures.flights,
    });
    expect(found.slope).toBeCloseTo(slope, 6);
    expect(found.intercept).toBeCloseTo(intercept, 6);
  });

  it('Java: the same in a JAR', async () => {
    await test.upload('/Volumes/main/apps/artifacts/flights.jar', await flightsJar(await sparkSite()));
    const ended = await tools.submit({
      spark_jar_task: { main_class_name: 'Flights', parameters: ['/Volumes/main/demo/nyc'] },
      libraries: [{ jar: '/Volumes/main/apps/artifacts/flights.jar' }],
    });
    const found = JSON.parse(/^found (.*)$/m.exec(ended.output.logs ?? '')?.[1] ?? '{}') as Record<string, unknown>;
    const { flights, words, topAirline, slope, intercept } = figures;
    expect(found, JSON.stringify(ended.output)).toMatchObject({ flights, words, topAirline, streamed: afterDelete() });
    expect(found.slope).toBeCloseTo(slope, 6);
    expect(found.intercept).toBeCloseTo(intercept, 6);
  });

  // Spark's SQL has neither machine learning nor a way to start a stream.
  it('SQL: count, words, join and Delta', async () => {
    const path = await tools.put('/Shared/sq', 'SQL', [
      "CREATE OR REPLACE TEMP VIEW f USING csv OPTIONS (path '${data}/flights.csv', header 'true');\nCREATE OR REPLACE TEMP VIEW a USING csv OPTIONS (path '${data}/airlines.csv', header 'true');\nCREATE OR REPLACE TABLE main.default.perairline AS SELECT name, count(*) AS n FROM f JOIN a USING (carrier) GROUP BY name",
      "CREATE OR REPLACE TABLE main.default.origins AS SELECT origin FROM f;\nDELETE FROM main.default.origins WHERE origin = 'JFK'",
      "CREATE OR REPLACE TEMP VIEW w USING text OPTIONS (path '${data}/airlines.csv')",
      "SELECT to_json(named_struct('flights', (SELECT count(*) FROM f), 'left', (SELECT count(*) FROM main.default.origins), 'words', (SELECT count(*) FROM (SELECT explode(split(replace(lower(value), ',', ' '), ' ')) AS word FROM w) WHERE word = 'airlines'), 'topAirline', array(name, string(n)))) AS result FROM main.default.perairline ORDER BY n DESC LIMIT 1",
      '-- MAGIC %python\n-- MAGIC dbutils.notebook.exit(_sqldf.first()[0])',
    ]);
    const { flights, words, topAirline } = figures;
    expect(await resultOf(path)).toEqual({ flights, words, left: afterDelete(), topAirline: topAirline.map(String) });
  });

  it('R: count, join, words, regression, Delta and a stream, by Spark, the answer in R', async ({ skip }) => {
    skip(!hasR(), 'R is not installed: r-base-core, r-cran-reticulate, r-cran-jsonlite');
    const path = await tools.put('/Shared/rr', 'R', Object.values(r));
    const found = await resultOf(path);
    const { flights, words, topAirline, slope, intercept } = figures;
    expect(found).toMatchObject({ flights, words, topAirline, left: afterDelete(), streamed: afterDelete() });
    expect(found.slope).toBeCloseTo(slope, 6);
    expect(found.intercept).toBeCloseTo(intercept, 6);
  });

  const afterDelete = (): number => figures.flights - (figures.perOrigin['JFK'] ?? 0);
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canStartTestHelper } from '@slowlane/testkit';
import { type SparkWorkspace, startSparkWorkspace } from '../__fixtures__/spark-workspace.ts';
import { python, scala } from './__fixtures__/flight-programs.ts';
import { type Figures, resultOnFlights, uploadFlights } from './__fixtures__/flights.ts';
import { notebookTools, type NotebookTools } from './__fixtures__/notebook-tools.ts';

/** The short half of `programs.full.test.ts`. */
describe.skipIf(!canStartTestHelper())('programs on the New York flights of 2013', { timeout: 600_000 }, () => {
  let test: SparkWorkspace;
  let tools: NotebookTools;
  let figures: Figures;
  beforeAll(async () => {
    test = await startSparkWorkspace({ driverMemoryBytes: 1_024 ** 3, wallMs: 900_000 });
    tools = notebookTools(test);
    figures = await uploadFlights(test);
  }, 900_000);
  afterAll(() => test?.close());

  it('in Python and Scala at once find the figures that plain Python finds', async () => {
    const [inPython, inScala] = await Promise.all([
      tools.put('/Shared/py', 'PYTHON', [python.read, python.join, python.words, python.delta, python.exit]),
      tools.put('/Shared/sc', 'SCALA', [scala.read, scala.join, scala.words, scala.delta, scala.noMore, scala.exit]),
    ]);
    const found = await Promise.all([resultOnFlights(tools, inPython), resultOnFlights(tools, inScala)]);
    const { slope: _slope, intercept: _intercept, ...exact } = figures;
    const afterDelete = figures.flights - (figures.perOrigin['JFK'] ?? 0);
    expect(found[0]).toEqual({ ...exact, delta: [afterDelete, figures.flights] });
    expect(found[1]).toEqual({ ...exact, changed: figures.perOrigin['EWR'] });
  });
});

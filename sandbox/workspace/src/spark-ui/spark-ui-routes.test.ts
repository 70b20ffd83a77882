import { afterEach, beforeEach, expect, it } from 'vitest';
import { startTestWorkspace, type TestWorkspace } from '../__fixtures__/test-workspace.ts';

let test: TestWorkspace;
beforeEach(async () => {
  test = await startTestWorkspace();
});
afterEach(() => test.close());

it('an address without a good ticket is 403 for an admin too, and is not written down', async () => {
  for (const method of ['GET', 'HEAD'] as const)
    expect((await test.send(method, '/slowlane/spark-ui-view/guess/history/x/jobs/')).status).toBe(403);
  const { text } = await test.get('/slowlane/requests');
  expect(text).toContain('/slowlane/spark-ui-view/:ticket/*');
  expect(text).not.toContain('guess');
});

it('nothing but reading is known of the pages', async () => {
  for (const method of ['POST', 'PUT', 'DELETE'] as const)
    expect((await test.send(method, '/slowlane/spark-ui-view/guess/jobs/job/kill/?id=0')).status).toBe(501);
});

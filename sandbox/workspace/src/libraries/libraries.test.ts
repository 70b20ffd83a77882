import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { octets, startTestWorkspace, type TestWorkspace } from '../__fixtures__/test-workspace.ts';
import type { Library } from '../jobs/schema.ts';
import { registryOf } from './registry-of.ts';

const path = '/Volumes/main/apps/artifacts/late.jar';

describe('a library of a task that cannot be had', () => {
  let test: TestWorkspace;
  let clusterId: unknown;
  beforeEach(async () => {
    test = await startTestWorkspace();
    const { body } = await test.post('/api/2.1/clusters/create', {
      ...{ cluster_name: 'warm', spark_version: '17.3.x-scala2.13', num_workers: 0, node_type_id: 'local' },
    });
    clusterId = body.cluster_id;
  });
  afterEach(() => test.close());

  it('ends the run with the reason, and the next run on the same cluster tries again', async () => {
    expect(await reasonOf(await submit())).toContain(`The library ${path} does not exist.`);
    // A failure in the millisecond of the next run's acceptance would count as that run's own.
    const before = Date.now();
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(before));
    await test.send('PUT', `/api/2.0/fs/files${path}`, { body: 'jar', headers: octets });
    await test.runIn('RUNNING', await submit());
    expect(await statuses()).toMatchObject([{ status: 'INSTALLED' }]);
  });

  it('says so where it would come from a registry and there is no gateway', async () => {
    await test.send('PUT', `/api/2.0/fs/files${path}`, { body: 'jar', headers: octets });
    const libraries = [{ jar: path }, { pypi: { package: 'humanize' } }];
    expect(await reasonOf(await submit(libraries))).toContain('without a dependency gateway');
  });

  it('is gone at once when it is uninstalled, because it was never loaded', async () => {
    await reasonOf(await submit());
    expect(await statuses()).toMatchObject([{ status: 'FAILED' }]);
    await test.post('/api/2.0/libraries/uninstall', { cluster_id: clusterId, libraries: [{ jar: path }] });
    expect(await statuses()).toBeUndefined();
    expect(await reasonOf(await submit())).toContain('does not exist');
  });

  async function submit(libraries: object[] = [{ jar: path }]): Promise<unknown> {
    const task = { task_key: 'main', existing_cluster_id: clusterId, libraries };
    const { body } = await test.post('/api/2.2/jobs/runs/submit', {
      tasks: [{ ...task, spark_jar_task: { main_class_name: 'Main' } }],
    });
    return body.run_id;
  }

  async function reasonOf(runId: unknown): Promise<string> {
    const { status } = await test.runIn('INTERNAL_ERROR', runId);
    return (status as { termination_details: { message: string } }).termination_details.message;
  }

  async function statuses(): Promise<unknown> {
    const { body } = await test.get(`/api/2.0/libraries/cluster-status?cluster_id=${String(clusterId)}`);
    return body.library_statuses;
  }
});

describe('the registry of a library', () => {
  const gatewaySocket = '/run/gateway.sock';
  const registries = {
    maven: 'https://maven.test/maven2/',
    pypi: 'https://pypi.test/simple/',
    'pypi-own': 'https://own.test/simple/',
  };

  it('is the usual one of its kind, or the one whose address it names', () => {
    const of = (library: Library): string => registryOf({ gatewaySocket, registries }, library).registry;
    expect(of({ maven: { coordinates: 'a:b:1' } })).toBe('maven');
    expect(of({ pypi: { package: 'a' } })).toBe('pypi');
    expect(of({ requirements: '/Volumes/a/b/c/r.txt' })).toBe('pypi');
    expect(of({ pypi: { package: 'a', repo: 'https://own.test/simple' } })).toBe('pypi-own');
  });

  it('is refused by name where the operator did not allow it', () => {
    const library = { maven: { coordinates: 'a:b:1', repo: 'https://elsewhere.test/maven' } };
    expect(() => registryOf({ gatewaySocket, registries }, library)).toThrow(
      /https:\/\/elsewhere.test\/maven is none of/,
    );
    expect(() => registryOf({ gatewaySocket, registries: {} }, { pypi: { package: 'a' } })).toThrow(
      /registries: \{ pypi/,
    );
  });
});

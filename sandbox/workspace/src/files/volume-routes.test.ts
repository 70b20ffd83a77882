import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestWorkspace, type TestWorkspace } from '../__fixtures__/test-workspace.ts';

let test: TestWorkspace;
let volumesDir: string;
beforeEach(async () => {
  test = await startTestWorkspace();
  volumesDir = join(test.folder, 'volumes');
});
afterEach(() => test.close());

const volumes = '/api/2.1/unity-catalog/volumes';
const landing = { catalog_name: 'main', schema_name: 'sales', name: 'landing', volume_type: 'MANAGED' };

async function list(query = 'catalog_name=main&schema_name=sales'): Promise<Record<string, unknown>> {
  return (await test.get(`${volumes}?${query}`)).body;
}

describe('volumes', () => {
  it('are there with their record once something was put into them, and keep their id', async () => {
    await mkdir(join(volumesDir, 'main/sales/old'), { recursive: true });
    const { body } = await test.get(`${volumes}/main.sales.old`);
    expect(body).toMatchObject({ full_name: 'main.sales.old', volume_type: 'MANAGED', volume_id: expect.any(String) });
    expect(await list()).toMatchObject({ volumes: [{ volume_id: body.volume_id }] });
  });

  it('come in pages, in order of their names, and an empty list has no key', async () => {
    expect(await list()).toEqual({});
    for (const name of ['b', 'c', 'a']) await test.post(volumes, { ...landing, name });
    const first = await list('catalog_name=main&schema_name=sales&max_results=2');
    expect(first).toMatchObject({ volumes: [{ name: 'a' }, { name: 'b' }] });
    const rest = await list(`catalog_name=main&schema_name=sales&max_results=2&page_token=${first.next_page_token}`);
    expect(rest).toMatchObject({ volumes: [{ name: 'c' }] });
    expect(rest).not.toHaveProperty('next_page_token');
  });

  it('are not what is no folder, begins with a dot, or leads elsewhere', async () => {
    const schema = join(volumesDir, 'main/sales');
    await mkdir(join(schema, '.hidden'), { recursive: true });
    await writeFile(join(schema, 'file'), 'x');
    await symlink(test.folder, join(schema, 'link'));
    expect(await list()).toEqual({});
    for (const name of ['file', 'link']) expect((await test.get(`${volumes}/main.sales.${name}`)).status).toBe(404);
    expect((await test.post(volumes, { ...landing, name: 'link' })).status).toBe(409);
  });

  it('go with what lies in them, and nothing beside them does', async () => {
    await test.post(volumes, landing);
    await test.post(volumes, { ...landing, name: 'other' });
    await writeFile(join(volumesDir, 'main/sales/landing/a.txt'), 'x');
    expect(await test.send('DELETE', `${volumes}/main.sales.landing`)).toMatchObject({ status: 200 });
    expect(await list()).toMatchObject({ volumes: [{ name: 'other' }] });
    expect((await test.get(`${volumes}/main.sales.landing`)).status).toBe(404);
  });

  it('do not take the name of another', async () => {
    await test.post(volumes, landing);
    await test.post(volumes, { ...landing, name: 'other' });
    const renamed = await test.send('PATCH', `${volumes}/main.sales.other`, {
      body: JSON.stringify({ new_name: 'landing' }),
      headers: { 'content-type': 'application/json' },
    });
    expect(renamed).toMatchObject({ status: 409, body: { error_code: 'ALREADY_EXISTS' } });
  });

  it.each([
    [{ ...landing, volume_type: 'EXTERNAL', storage_location: 's3://b/c' }, 'External volumes are not supported'],
    [{ ...landing, name: '..' }, 'name'],
    [{ ...landing, name: 'a/b' }, 'name'],
    [{ ...landing, schema_name: '.tables' }, 'schema_name'],
    [{ ...landing, catalog_name: 'x'.repeat(300) }, 'catalog_name'],
  ])('refuse %j', async (body, message) => {
    const answer = await test.post(volumes, body);
    expect(answer).toMatchObject({
      status: 400,
      body: { error_code: 'INVALID_PARAMETER_VALUE', message: expect.stringContaining(message) },
    });
  });

  it.each(['main.sales', 'main.sales.a.b', '..', 'main..x', '.tables.main.x'])('have no name like %s', async (name) => {
    expect((await test.get(`${volumes}/${name}`)).status).toBeGreaterThanOrEqual(400);
    expect((await test.send('DELETE', `${volumes}/${name}`)).status).toBeGreaterThanOrEqual(400);
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestWorkspace, type TestWorkspace } from '../__fixtures__/test-workspace.ts';

let test: TestWorkspace;
beforeEach(async () => {
  test = await startTestWorkspace();
});
afterEach(() => test.close());

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const importFile = (
  path: string,
  text: string,
  more: Record<string, unknown> = {},
): ReturnType<TestWorkspace['post']> =>
  test.post('/api/2.0/workspace/import', { path, content: base64(text), format: 'AUTO', ...more });

describe('workspace objects', () => {
  it('are imported, shown, listed, exported and deleted', async () => {
    expect((await importFile('/Workspace/Shared/a.py', 'print(1)')).body).toEqual({});
    const status = (await test.get('/api/2.0/workspace/get-status?path=/Shared/a.py')).body;
    expect(status).toMatchObject({ object_type: 'FILE', path: '/Shared/a.py', size: 8, object_id: expect.any(Number) });
    expect((await test.get('/api/2.0/workspace/list?path=/Workspace/Shared')).body).toMatchObject({
      objects: [status],
    });
    expect((await test.get('/api/2.0/workspace/export?path=/Shared/a.py')).body).toEqual({
      content: base64('print(1)'),
      file_type: 'file',
    });
    expect((await test.get('/api/2.0/workspace/export?path=/Shared/a.py&direct_download=true')).text).toBe('print(1)');
    expect((await test.post('/api/2.0/workspace/delete', { path: '/Shared/a.py' })).status).toBe(200);
    expect(await test.get('/api/2.0/workspace/get-status?path=/Shared/a.py')).toMatchObject({
      status: 404,
      body: { error_code: 'RESOURCE_DOES_NOT_EXIST' },
    });
    expect((await test.get('/api/2.0/workspace/list?path=/Shared')).body).toEqual({});
  });

  it('are replaced only where overwrite is asked for', async () => {
    await importFile('/Shared/x', '1');
    expect(await importFile('/Shared/x', '2')).toMatchObject({
      status: 400,
      body: { error_code: 'RESOURCE_ALREADY_EXISTS' },
    });
    await importFile('/Shared/x', '3', { overwrite: true });
    expect((await test.get('/api/2.0/workspace/export?path=/Shared/x&direct_download=true')).text).toBe('3');
  });

  it('do not make their parents', async () => {
    expect(await importFile('/Shared/no/x', '1')).toMatchObject({
      status: 404,
      body: { message: expect.stringContaining('/Shared/no') },
    });
    await test.post('/api/2.0/workspace/mkdirs', { path: '/Workspace/Shared/no/deep' });
    expect((await importFile('/Shared/no/x', '1')).status).toBe(200);
    expect(await test.post('/api/2.0/workspace/mkdirs', { path: '/Shared/no/x/y' })).toMatchObject({
      status: 400,
      body: { error_code: 'RESOURCE_ALREADY_EXISTS' },
    });
  });

  it('in a folder go only with recursive', async () => {
    await importFile('/Shared/x', '1');
    expect((await test.post('/api/2.0/workspace/delete', { path: '/Shared' })).body.error_code).toBe(
      'DIRECTORY_NOT_EMPTY',
    );
    expect((await test.post('/api/2.0/workspace/delete', { path: '/Shared', recursive: true })).status).toBe(200);
    expect((await test.get('/api/2.0/workspace/list?path=/Shared')).status).toBe(404);
  });

  it('come as a form too', async () => {
    const form = new FormData();
    form.set('path', '/Shared/form.bin');
    form.set('format', 'AUTO');
    form.set('overwrite', 'true');
    form.set('content', new Blob([new Uint8Array([0, 255, 10])]), 'form.bin');
    const encoded = new Response(form);
    const headers = { 'content-type': encoded.headers.get('content-type') as string };
    const answer = await test.send('POST', '/api/2.0/workspace/import', {
      body: Buffer.from(await encoded.arrayBuffer()),
      headers,
    });
    expect(answer.status).toBe(200);
    expect((await test.get('/api/2.0/workspace/export?path=/Shared/form.bin')).body.content).toBe(
      Buffer.from([0, 255, 10]).toString('base64'),
    );
  });

  it('that begin like a notebook become one without their extension, and go out in both formats', async () => {
    const source = '# Databricks notebook source\nprint(1)\n\n# COMMAND ----------\n\n# MAGIC %md\n# MAGIC Title\n';
    await importFile('/Shared/n.py', source);
    const status = (await test.get('/api/2.0/workspace/get-status?path=/Shared/n')).body;
    expect(status).toMatchObject({ object_type: 'NOTEBOOK', language: 'PYTHON', path: '/Shared/n' });
    const exported = (await test.get('/api/2.0/workspace/export?path=/Shared/n&format=JUPYTER')).body;
    const jupyter = Buffer.from(exported.content as string, 'base64').toString();
    expect(JSON.parse(jupyter)).toMatchObject({
      cells: [
        { cell_type: 'code', source: ['print(1)'] },
        { cell_type: 'markdown', source: ['Title'] },
      ],
    });
    await importFile('/Shared/again.ipynb', jupyter);
    expect((await test.get('/api/2.0/workspace/export?path=/Shared/again&direct_download=true')).text).toBe(source);
    expect((await importFile('/Shared/n', 'file', { overwrite: true })).body.error_code).toBe(
      'RESOURCE_ALREADY_EXISTS',
    );
    expect((await importFile('/Shared/m', '1', { format: 'SOURCE' })).status).toBe(400);
    expect((await importFile('/Shared/m', '1', { format: 'DBC' })).status).toBe(501);
  });

  it.each([
    { path: '/Shared/../x' },
    { path: 'Shared/x' },
    { path: '/Shared/x', content: 'not base64!' },
    { path: '/.uploads/x' },
  ])('are refused with %o', async (body) => {
    expect((await test.post('/api/2.0/workspace/import', { content: '', format: 'AUTO', ...body })).status).toBe(400);
  });
});

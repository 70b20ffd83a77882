import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { octets, startTestWorkspace, type TestWorkspace, token } from '../__fixtures__/test-workspace.ts';

let test: TestWorkspace;
let volumes: string;
beforeEach(async () => {
  test = await startTestWorkspace();
  volumes = join(test.folder, 'volumes');
});
afterEach(() => test.close());

const files = '/api/2.0/fs/files';
const directories = '/api/2.0/fs/directories';
const put = (path: string, body: string | Buffer): Promise<{ status: number; body: Record<string, unknown> }> =>
  test.send('PUT', `${files}${path}`, { body, headers: octets });

describe('a file', () => {
  it('is stored with its folders, readable and writable for the group, without set-gid', async () => {
    expect((await put('/Volumes/main/s/v/a%20b/%C3%BC.txt?overwrite=true', 'hello')).status).toBe(204);
    const path = join(volumes, 'main/s/v/a b/ü.txt');
    expect(await readFile(path, 'utf8')).toBe('hello');
    expect((await stat(path)).mode & 0o7777).toBe(0o664);
    for (const folder of ['main', 'main/s/v', 'main/s/v/a b'])
      expect((await stat(join(volumes, folder))).mode & 0o7777).toBe(0o775);
    const got = await test.get(`${files}/Volumes/main/s/v/a%20b/%C3%BC.txt`);
    expect(got).toMatchObject({
      status: 200,
      text: 'hello',
      headers: { 'content-length': '5', 'content-type': 'application/octet-stream' },
    });
    const head = await test.send('HEAD', `${files}/Volumes/main/s/v/a%20b/%C3%BC.txt`);
    expect(head).toMatchObject({
      status: 200,
      headers: { 'content-length': '5', 'last-modified': expect.stringContaining('GMT') },
    });
    expect((await test.send('DELETE', `${files}/Volumes/main/s/v/a%20b/%C3%BC.txt`)).status).toBe(204);
    expect((await test.get(`${files}/Volumes/main/s/v/a%20b/%C3%BC.txt`)).status).toBe(404);
  });

  it('may be empty', async () => {
    expect(
      (await test.send('PUT', `${files}/Volumes/main/s/v/empty`, { headers: { 'content-length': '0' } })).status,
    ).toBe(204);
    expect(await test.get(`${files}/Volumes/main/s/v/empty`)).toMatchObject({
      status: 200,
      text: '',
      headers: { 'content-length': '0' },
    });
  });

  it('is replaced unless overwrite is false', async () => {
    await put('/Volumes/main/s/v/x', 'one');
    expect(await put('/Volumes/main/s/v/x?overwrite=false', 'two')).toMatchObject({
      status: 409,
      body: { error_code: 'ALREADY_EXISTS' },
    });
    await put('/Volumes/main/s/v/x', 'three');
    expect((await test.get(`${files}/Volumes/main/s/v/x`)).text).toBe('three');
    expect(await readdir(join(volumes, '.uploads'))).toEqual([]);
  });

  it('is given in parts', async () => {
    await put('/Volumes/main/s/v/x', '0123456789');
    const range = async (value: string): Promise<unknown[]> => {
      const got = await test.send('GET', `${files}/Volumes/main/s/v/x`, { headers: { range: value } });
      return [got.status, got.headers['content-range'], got.status === 416 ? '' : got.text];
    };
    expect(await range('bytes=2-4')).toEqual([206, 'bytes 2-4/10', '234']);
    expect(await range('bytes=7-')).toEqual([206, 'bytes 7-9/10', '789']);
    expect(await range('bytes=-3')).toEqual([206, 'bytes 7-9/10', '789']);
    expect(await range('bytes=5-99')).toEqual([206, 'bytes 5-9/10', '56789']);
    expect(await range('bytes=10-')).toEqual([416, 'bytes */10', '']);
    expect((await range('lines=1-2'))[0]).toBe(200);
  });

  it('that was modified is refused where the caller asks', async () => {
    await put('/Volumes/main/s/v/x', '1');
    const since = { 'if-unmodified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' };
    expect((await test.send('GET', `${files}/Volumes/main/s/v/x`, { headers: since })).status).toBe(412);
    const later = { 'if-unmodified-since': new Date().toUTCString() };
    expect((await test.send('GET', `${files}/Volumes/main/s/v/x`, { headers: later })).status).toBe(200);
  });

  it('whose upload is cut leaves nothing behind', async () => {
    const { url } = await test.workspace.listen(0, '127.0.0.1');
    const upload = request(`${url}${files}/Volumes/main/s/v/cut`, {
      method: 'PUT',
      headers: { ...octets, authorization: `Bearer ${token}`, 'content-length': '1000' },
    });
    upload.on('error', () => undefined);
    const closed = new Promise((resolve) => upload.on('close', resolve));
    upload.write('begin');
    while ((await readdir(join(volumes, '.uploads'))).length === 0)
      await new Promise((resolve) => setImmediate(resolve));
    upload.destroy();
    await closed;
    while ((await readdir(join(volumes, '.uploads'))).length > 0) await new Promise((resolve) => setImmediate(resolve));
    expect((await test.get(`${files}/Volumes/main/s/v/cut`)).status).toBe(404);
  });

  it('of many parts is joined from those that its end names, and refused with a wrong etag', async () => {
    const path = '/Volumes/main/s/v/x';
    const begun = await test.send('POST', `${files}${path}?action=initiate-upload`);
    const session = (begun.body.multipart_upload as { session_token: string }).session_token;
    const urls = (
      await test.post('/api/2.0/fs/create-upload-part-urls', {
        path,
        session_token: session,
        start_part_number: 1,
        count: 2,
      })
    ).body.upload_part_urls as { url: string; part_number: number }[];
    const etags: string[] = [];
    for (const { url, part_number: number } of urls) {
      const sent = await test.workspace.inject({
        method: 'PUT',
        url: new URL(url).pathname,
        payload: `part ${number};`,
        headers: octets,
      });
      etags.push(String(sent.headers.etag));
    }
    const complete = (list: string[]): Promise<{ status: number }> =>
      test.send('POST', `${files}${path}?action=complete-upload&upload_type=multipart&session_token=${session}`, {
        body: JSON.stringify({ parts: list.map((etag, index) => ({ part_number: index + 1, etag })) }),
        headers: { 'content-type': 'application/json' },
      });
    expect((await complete([...etags].reverse())).status).toBe(400);
    expect((await test.get(`${files}${path}`)).status).toBe(404);
    expect((await complete(etags)).status).toBe(200);
    expect((await test.get(`${files}${path}`)).text).toBe('part 1;part 2;');
    expect((await complete(etags)).status).toBe(404);
    expect(await readdir(join(volumes, '.uploads'))).toEqual([]);
  });
});

describe('a path', () => {
  it.each([
    '/Volumes/main/s/v/..%2f..%2f..%2f..%2fetc/passwd',
    '/Volumes/main/s/v/%2e%2e/x',
    '/Volumes/main/s/v/a%2fb',
    '/Volumes/main/s/v/a%00b',
    '/Volumes/main/s/v//x',
    '/Volumes/main/s/v/%ff',
    '/Volumes/.uploads/s/v/x',
    '/Volumes/main/x',
    '/etc/passwd',
  ])('like %s is refused', async (path) => {
    expect(await put(path, 'x')).toMatchObject({ status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE' } });
  });

  it('never follows a link out, whatever the call', async () => {
    const outside = join(test.folder, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'secret'), 'secret');
    await mkdir(join(volumes, 'main/s/v'), { recursive: true });
    await symlink(outside, join(volumes, 'main/s/v/folder'));
    await symlink(join(outside, 'secret'), join(volumes, 'main/s/v/file'));
    expect((await test.get(`${files}/Volumes/main/s/v/file`)).status).toBe(404);
    expect((await test.get(`${files}/Volumes/main/s/v/folder/secret`)).status).toBe(404);
    expect((await test.get(`${directories}/Volumes/main/s/v/folder`)).status).toBe(404);
    expect((await put('/Volumes/main/s/v/folder/new', 'x')).status).toBe(409);
    expect((await test.send('PUT', `${directories}/Volumes/main/s/v/folder/new`)).status).toBe(409);
    expect((await test.send('DELETE', `${files}/Volumes/main/s/v/folder/secret`)).status).toBe(404);
    expect((await test.get(`${directories}/Volumes/main/s/v`)).body).toEqual({});
    await put('/Volumes/main/s/v/file', 'mine');
    expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret');
    expect(await readdir(outside)).toEqual(['secret']);
  });
});

describe('a directory', () => {
  it('is made with its parents, as often as asked, but not over a file', async () => {
    for (let i = 0; i < 2; i++)
      expect((await test.send('PUT', `${directories}/Volumes/main/s/v/a/b`)).status).toBe(204);
    expect((await test.send('HEAD', `${directories}/Volumes/main/s/v/a/b`)).status).toBe(200);
    await put('/Volumes/main/s/v/f', 'x');
    expect((await test.send('PUT', `${directories}/Volumes/main/s/v/f`)).status).toBe(409);
    expect((await test.send('HEAD', `${directories}/Volumes/main/s/v/f`)).status).toBe(404);
    expect((await test.send('PUT', `${files}/Volumes/main/s/v/a`, { body: 'x', headers: octets })).status).toBe(409);
  });

  it('is listed by name and page by page', async () => {
    for (const name of ['b', 'a', 'c']) await put(`/Volumes/main/s/v/${name}`, name);
    await test.send('PUT', `${directories}/Volumes/main/s/v/d`);
    const first = (await test.get(`${directories}/Volumes/main/s/v?page_size=3`)).body;
    expect(first.contents).toMatchObject([
      { name: 'a', path: '/Volumes/main/s/v/a', is_directory: false, file_size: 1, last_modified: expect.any(Number) },
      { name: 'b' },
      { name: 'c' },
    ]);
    const second = (
      await test.get(`${directories}/Volumes/main/s/v?page_size=3&page_token=${String(first.next_page_token)}`)
    ).body;
    expect(second).toMatchObject({ contents: [{ name: 'd', is_directory: true }] });
    expect(second).not.toHaveProperty('next_page_token');
    expect((await test.get(`${directories}/Volumes`)).body).toMatchObject({ contents: [{ name: 'main' }] });
  });

  it('is deleted only when it is empty', async () => {
    await put('/Volumes/main/s/v/a/x', 'x');
    expect(await test.send('DELETE', `${directories}/Volumes/main/s/v/a`)).toMatchObject({
      status: 400,
      body: { error_code: 'DIRECTORY_NOT_EMPTY' },
    });
    await test.send('DELETE', `${files}/Volumes/main/s/v/a/x`);
    expect((await test.send('DELETE', `${directories}/Volumes/main/s/v/a`)).status).toBe(204);
    expect((await test.send('DELETE', `${directories}/Volumes/main/s/v/a`)).status).toBe(404);
    expect((await test.get(`${directories}/Volumes/main/s/v/a`)).status).toBe(404);
  });
});

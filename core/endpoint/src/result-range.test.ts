import type { RequestRecord } from '@slowlane/contracts';
import { Readable } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { closeAfterEach, serve, type Served } from './testing/serve.ts';

closeAfterEach();
const id = 'req_01J0000000000000000000000A';
const address = `/v1/results/${id}/files/a.csv?expires=1&signature=good`;
const bytes = Buffer.from('0123456789');
let served: Served;
let opened: Readable[];

beforeEach(async () => {
  opened = [];
  served = await serve(() => ({
    results: {
      links: (_request: RequestRecord) => [],
      async open() {
        // In pieces, so that a range begins and ends within one.
        const stream = Readable.from([bytes.subarray(0, 3), bytes.subarray(3, 7), bytes.subarray(7)]);
        opened.push(stream);
        return { stream, size: bytes.length, contentType: 'text/csv', etag: '"v1"' };
      },
    },
  }));
});
const get = (headers: Record<string, string>, method = 'GET') => served.call(undefined, method, address, { headers });

describe('a result file', () => {
  it.each([
    ['bytes=0-3', '0123', 'bytes 0-3/10'],
    ['bytes=2-8', '2345678', 'bytes 2-8/10'],
    ['bytes=6-', '6789', 'bytes 6-9/10'],
    ['bytes=-2', '89', 'bytes 8-9/10'],
    ['bytes=5-999', '56789', 'bytes 5-9/10'],
    ['bytes=-999', '0123456789', 'bytes 0-9/10'],
  ])('comes in the range %s', async (range, body, contentRange) => {
    const answer = await get({ range });
    expect(answer.statusCode).toBe(206);
    expect(answer.body).toBe(body);
    expect(answer.headers).toMatchObject({ 'content-range': contentRange, 'content-length': String(body.length) });
  });

  it.each(['bytes=10-', 'bytes=99-100', 'bytes=0-1,4-5', 'bytes=-0'])('refuses the range %s', async (range) => {
    const answer = await get({ range });
    expect(answer.json()).toMatchObject({ status: 416, code: 'result.range' });
    expect(answer.headers['content-range']).toBe('bytes */10');
    expect(opened[0]?.destroyed).toBe(true);
  });

  it.each(['bytes=5-2', 'lines=1-2', 'bytes=-', 'bytes=a-b'])('comes whole for %s', async (range) => {
    expect(await get({ range })).toMatchObject({ statusCode: 200, body: bytes.toString() });
  });

  it('comes whole when it is another one than the client has a part of', async () => {
    expect((await get({ range: 'bytes=5-', 'if-range': '"v0"' })).statusCode).toBe(200);
    expect((await get({ range: 'bytes=5-', 'if-range': '"v1"' })).statusCode).toBe(206);
  });

  it('is not sent again to who has it', async () => {
    expect((await get({ 'if-none-match': '"v1"' })).statusCode).toBe(304);
    expect((await get({ 'if-none-match': '"v0"' })).body).toBe(bytes.toString());
  });

  it('answers HEAD without the bytes, and closes the file', async () => {
    const answer = await get({}, 'HEAD');
    expect(answer.body).toBe('');
    expect(answer.headers).toMatchObject({ 'content-length': '10', etag: '"v1"', 'accept-ranges': 'bytes' });
    expect(opened[0]?.destroyed).toBe(true);
  });
});

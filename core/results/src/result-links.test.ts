import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type RequestRecord, SlowLaneError, type VolumeStore } from '@slowlane/contracts';
import { describe, expect, it } from 'vitest';
import { contentTypeOf } from './content-type.ts';
import { createResultLinks } from './result-links.ts';

const HOUR = 3_600_000;
const id = 'req_01J0000000000000000000000A';
const other = 'req_01J0000000000000000000000B';
const files: Record<string, string> = {
  '/Volumes/main/reports/a/joined/delays.csv': 'carrier,delay\nUA,12\n',
  '/Volumes/main/reports/a/parts/EWR/result/report #1.html': '<p>EWR</p>',
  '/Volumes/main/reports/b/secret.csv': 'not yours',
};

function fixture(now = () => 1_000_000) {
  const requests: Record<string, RequestRecord> = {
    [id]: requestWith(id, [
      { name: 'delays.csv', path: '/Volumes/main/reports/a/joined/delays.csv', size: 20 },
      { name: 'EWR/report #1.html', path: '/Volumes/main/reports/a/parts/EWR/result/report #1.html', size: 10 },
      { name: 'gone.csv', path: '/Volumes/main/reports/a/gone.csv', size: 1 },
    ]),
    [other]: requestWith(other, [{ name: 'secret.csv', path: '/Volumes/main/reports/b/secret.csv', size: 9 }]),
  };
  const asked: string[] = [];
  const links = createResultLinks({
    volumes: (workspace) => (asked.push(workspace), volumes),
    request: async (wanted) => requests[wanted],
    key: Buffer.alloc(32, 7),
    publicPath: 'http://127.0.0.1:8080/v1/results',
    now,
  });
  return { links, request: requests[id] as RequestRecord, asked };
}

const volumes = {
  async read(path: string) {
    const bytes = files[path];
    if (bytes === undefined) throw new SlowLaneError('workspace.not-found', `no ${path}`);
    return { stream: Readable.from([Buffer.from(bytes)]), size: Buffer.byteLength(bytes) };
  },
} as unknown as VolumeStore;

function requestWith(requestId: string, result: NonNullable<RequestRecord['result']>): RequestRecord {
  return { id: requestId, pin: { workspace: 'local' }, state: 'succeeded', result } as unknown as RequestRecord;
}

/** What the endpoint takes out of a link. */
function parsed(href: string) {
  const url = new URL(href);
  const [, , , requestId, , ...name] = url.pathname.split('/');
  return {
    requestId: requestId as string,
    name: name.map(decodeURIComponent).join('/'),
    query: Object.fromEntries(url.searchParams) as { expires: string; issued: string; signature: string },
  };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return await promise.then(
    () => 'opened',
    (error: SlowLaneError) => error.code,
  );
}

describe('result links', () => {
  it('open each file of the request, with its size and media type', async () => {
    const { links, request, asked } = fixture();
    const [csv, html] = links.links(request, HOUR);
    expect(csv).toMatchObject({ name: 'delays.csv', size: 20, expiresAt: 1_000_000 + HOUR });

    const link = parsed(csv?.href ?? '');
    const opened = await links.open(link.requestId, link.name, link.query);
    expect(await text(opened.stream)).toBe('carrier,delay\nUA,12\n');
    expect(opened).toMatchObject({ size: 20, contentType: 'text/csv; charset=utf-8' });

    const odd = parsed(html?.href ?? '');
    expect(odd.name).toBe('EWR/report #1.html');
    expect((await links.open(odd.requestId, odd.name, odd.query)).contentType).toBe('text/html; charset=utf-8');
    expect(asked).toEqual(['local', 'local']);
  });

  it('are refused as expired from the moment they say on', async () => {
    let now = 1_000_000;
    const { links, request } = fixture(() => now);
    const { requestId, name, query } = parsed(links.links(request, HOUR)[0]?.href ?? '');
    now += HOUR - 1;
    expect(await codeOf(links.open(requestId, name, query))).toBe('opened');
    now += 1;
    await expect(links.open(requestId, name, query)).rejects.toMatchObject({
      code: 'result.link-expired',
      message: 'the link to "delays.csv" expired at 1970-01-01T01:16:40.000Z',
    });
  });

  it('are refused as invalid when anything in them was changed', async () => {
    const { links, request } = fixture();
    const { requestId, name, query } = parsed(links.links(request, HOUR)[0]?.href ?? '');
    const flipped = query.signature.replace(/^./, (first) => (first === '0' ? '1' : '0'));
    const changed: [string, string, { expires: string; signature: string }][] = [
      [requestId, name, { ...query, expires: String(Number(query.expires) + 1) }],
      [requestId, name, { ...query, signature: flipped }],
      [requestId, name, { ...query, signature: '' }],
      [requestId, name, { ...query, signature: query.signature.toUpperCase() }],
      [requestId, name, { ...query, signature: '0'.repeat(64) }],
      [requestId, 'EWR/report #1.html', query],
      [requestId, '../b/secret.csv', query],
      [other, 'secret.csv', query],
      [other, name, query],
    ];
    for (const [request_, file, link] of changed) {
      expect(await codeOf(links.open(request_, file, link)), `${file} ${JSON.stringify(link)}`).toBe(
        'result.link-invalid',
      );
    }
  });

  it('made with another key open nothing', async () => {
    const { links, request } = fixture();
    const foreign = createResultLinks({
      volumes,
      request: async () => undefined,
      key: Buffer.alloc(32, 8),
      publicPath: 'http://127.0.0.1:8080/v1/results',
      now: () => 1_000_000,
    });
    const { requestId, name, query } = parsed(foreign.links(request, HOUR)[0]?.href ?? '');
    expect(await codeOf(links.open(requestId, name, query))).toBe('result.link-invalid');
  });

  it('to a file that is no longer on the volume say so', async () => {
    const { links, request } = fixture();
    const { requestId, name, query } = parsed(links.links(request, HOUR)[2]?.href ?? '');
    expect(await codeOf(links.open(requestId, name, query))).toBe('result.gone');
  });

  it('do not exist for a request without a result', () => {
    const { links, request } = fixture();
    expect(links.links({ ...request, result: undefined }, HOUR)).toEqual([]);
  });

  it('need a key of at least 32 bytes', () => {
    const make = () =>
      createResultLinks({ volumes, request: async () => undefined, key: Buffer.alloc(16), publicPath: '/v1/results' });
    expect(make).toThrow('16 bytes');
  });
});

describe('media type of a result file', () => {
  it('comes from the extension, and is plain bytes when that is unknown', () => {
    expect(contentTypeOf('a/b/DELAYS.JSON')).toBe('application/json; charset=utf-8');
    expect(contentTypeOf('chart.svg')).toBe('image/svg+xml; charset=utf-8');
    for (const name of ['part-00000', 'x.exe', 'x.constructor', '.html', '']) {
      expect(contentTypeOf(name)).toBe('application/octet-stream');
    }
  });
});

describe('revoked links', () => {
  function withRevocations() {
    let at = 1_000_000;
    const revoked = { allUntil: undefined as number | undefined, signatures: [] as string[] };
    const links = createResultLinks({
      volumes,
      request: async () =>
        requestWith(id, [{ name: 'delays.csv', path: '/Volumes/main/reports/a/joined/delays.csv', size: 20 }]),
      key: Buffer.alloc(32, 7),
      publicPath: 'http://127.0.0.1:8080/v1/results',
      revocations: {
        of: async () => revoked,
        revokeAll: async (_request, word) => void (revoked.allUntil = word.at),
        revoke: async (_request, signature) => void revoked.signatures.push(signature),
      },
      now: () => at,
    });
    const made = (): string => {
      at += 1;
      const [link] = links.links(requestWith(id, [{ name: 'delays.csv', path: '/x', size: 20 }]), HOUR);
      return link?.href ?? '';
    };
    const opened = (href: string) => {
      const { requestId, name, query } = parsed(href);
      return codeOf(links.open(requestId, name, query));
    };
    return { links, made, opened };
  }

  it('are worthless, one alone or all that were made so far, and later ones are not', async () => {
    const { links, made, opened } = withRevocations();
    const [first, second] = [made(), made()];
    await links.revoke?.(id, { by: 'ana', link: first });
    expect([await opened(first), await opened(second)]).toEqual(['result.link-revoked', 'opened']);
    await links.revoke?.(id, { by: 'ana' });
    expect([await opened(second), await opened(made())]).toEqual(['result.link-revoked', 'opened']);
  });

  it('cannot be revoked by a link that is none of the request, and do not escape by a changed time of issue', async () => {
    const { links, made, opened } = withRevocations();
    const link = made();
    for (const wrong of ['', 'no link', link.replace('delays', 'others'), `${link}0`, link.replace(id, other)])
      expect(await codeOf(links.revoke?.(id, { by: 'ana', link: wrong }) ?? Promise.resolve())).toBe(
        'result.link-invalid',
      );
    await links.revoke?.(id, { by: 'ana' });
    expect(await opened(link.replace(/issued=\d+/, 'issued=9999999'))).toBe('result.link-invalid');
    expect(await opened(link.replace(/&issued=\d+/, ''))).toBe('result.link-invalid');
  });
});

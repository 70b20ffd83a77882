import type { Readable } from 'node:stream';

export interface CgiHead {
  status: number;
  headers: Record<string, string>;
}

const maxHeadBytes = 16_384;

/**
 * Reads the header part of a CGI program's output and leaves the body in the stream; `undefined` when the output ends before it.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3875#section-6
 */
export function readCgiHead(output: Readable): Promise<CgiHead | undefined> {
  return new Promise((resolve) => {
    let seen = Buffer.alloc(0);
    const onReadable = (): void => {
      for (let bytes: Buffer | null; (bytes = output.read() as Buffer | null) !== null;) {
        seen = Buffer.concat([seen, bytes]);
        const end = seen.indexOf('\r\n\r\n');
        if (end >= 0) {
          const body = seen.subarray(end + 4);
          if (body.length > 0) output.unshift(body);
          return finish(parseHead(seen.subarray(0, end).toString('latin1')));
        }
        if (seen.length > maxHeadBytes) return finish(undefined);
      }
    };
    const onEnd = (): void => finish(undefined);
    const finish = (head: CgiHead | undefined): void => {
      output.off('readable', onReadable).off('end', onEnd).off('error', onEnd).off('close', onEnd);
      resolve(head);
    };
    output.on('readable', onReadable).on('end', onEnd).on('error', onEnd).on('close', onEnd);
  });
}

function parseHead(text: string): CgiHead {
  const head: CgiHead = { status: 200, headers: {} };
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    if (name.toLowerCase() === 'status') head.status = Number.parseInt(value, 10);
    else head.headers[name] = value;
  }
  return head;
}

/** Longest greeting that is waited for: with many key shares and post-quantum ones a client sends some 2 KiB. */
export const MAX_HELLO_BYTES = 16_384;

/** What the first bytes of a connection are: not enough yet, no TLS, or a greeting with the name that the client expects. */
export type Hello = 'incomplete' | 'no-tls' | { serverName: string | undefined };

/**
 * Reads the name (SNI) out of the first record of a TLS connection. A greeting that is spread over several records is taken for no TLS: clients do not
 * send it so, and what it hides cannot be told.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8446#section-4.1.2
 * @see https://www.rfc-editor.org/rfc/rfc6066#section-3
 */
export function readClientHello(bytes: Buffer): Hello {
  if (bytes.length > 0 && bytes[0] !== 0x16) return 'no-tls';
  if (bytes.length > 1 && bytes[1] !== 0x03) return 'no-tls';
  if (bytes.length < 5) return 'incomplete';
  const recordBytes = bytes.readUInt16BE(3);
  if (recordBytes < 42 || recordBytes > MAX_HELLO_BYTES) return 'no-tls';
  if (bytes.length < 5 + recordBytes) return 'incomplete';
  const record = bytes.subarray(5, 5 + recordBytes);
  if (record[0] !== 0x01 || record.readUIntBE(1, 3) !== recordBytes - 4) return 'no-tls';
  try {
    return { serverName: serverNameIn(extensionsOf(record)) };
  } catch {
    return 'no-tls';
  }
}

/** Behind version, random, session id, cipher suites and compression methods. A read beyond the end throws. */
function extensionsOf(record: Buffer): Buffer {
  let at = 4 + 2 + 32;
  at += 1 + record.readUInt8(at);
  at += 2 + record.readUInt16BE(at);
  at += 1 + record.readUInt8(at);
  if (at === record.length) return Buffer.alloc(0);
  const size = record.readUInt16BE(at);
  if (at + 2 + size !== record.length) throw new RangeError('extensions do not end with the record');
  return record.subarray(at + 2);
}

function serverNameIn(extensions: Buffer): string | undefined {
  let name: string | undefined;
  for (let at = 0; at < extensions.length;) {
    const kind = extensions.readUInt16BE(at);
    const end = at + 4 + extensions.readUInt16BE(at + 2);
    if (end > extensions.length) throw new RangeError('an extension is cut');
    if (kind === 0) {
      if (name !== undefined) throw new RangeError('two names');
      name = onlyName(extensions.subarray(at + 4, end));
    }
    at = end;
  }
  return name;
}

function onlyName(list: Buffer): string {
  const size = list.readUInt16BE(3);
  if (list.readUInt16BE(0) !== list.length - 2 || list.readUInt8(2) !== 0 || size !== list.length - 5)
    throw new RangeError('not one host name');
  const name = list.toString('latin1', 5);
  if (!/^[A-Za-z0-9.-]{1,253}$/.test(name)) throw new RangeError('no host name');
  return name.toLowerCase();
}

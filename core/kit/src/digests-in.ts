const digest = /(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/g;

/** Every SHA-256 that a text holds, as 64 hexadecimal digits: what it may refer to. */
export function digestsIn(text: string): string[] {
  return [...text.matchAll(digest)].map(([name]) => name);
}

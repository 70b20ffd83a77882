/**
 * A file that stands for another one; `undefined` for any other file. Extensions are not supported: what they did to the bytes is unknown here.
 *
 * @see https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
 */
export function parseLfsPointer(content: Buffer): { digest: `sha256:${string}`; size: number } | undefined {
  const text = content.toString('latin1');
  const parts =
    /^version https:\/\/git-lfs\.github\.com\/spec\/v1\noid sha256:([0-9a-f]{64})\nsize (0|[1-9][0-9]{0,14})\n?$/.exec(
      text,
    );
  if (parts === null) return undefined;
  return { digest: `sha256:${parts[1] as string}`, size: Number(parts[2]) };
}

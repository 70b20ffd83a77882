/**
 * Whether a wheel of this file name loads in a Python of the minor version (`3.12`); undefined when the name is no wheel's.
 *
 * @see https://packaging.python.org/en/latest/specifications/binary-distribution-format/#file-name-convention
 */
export function wheelFits(fileName: string, python: string): boolean | undefined {
  const [, pythonTags, abiTags] = /-([A-Za-z0-9_.]+)-([A-Za-z0-9_.]+)-[A-Za-z0-9_.]+\.whl$/.exec(fileName) ?? [];
  if (pythonTags === undefined || abiTags === undefined) return undefined;
  const minor = Number(python.split('.')[1]);
  return pythonTags.split('.').some((tag) => {
    const [, kind, tagMinor] = /^(py|cp)3([0-9]*)$/.exec(tag) ?? [];
    if (kind === undefined || tagMinor === undefined) return false;
    if (tagMinor === '') return true;
    return kind === 'py' || abiTags.split('.').includes('abi3') || abiTags === 'none'
      ? Number(tagMinor) <= minor
      : Number(tagMinor) === minor;
  });
}

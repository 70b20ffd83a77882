import type { SbomInputs } from './write-sbom.ts';

/** See `writeSbom`. Its library takes a tenth of a second to load, which only builds should pay for. */
export async function sbomOf(inputs: SbomInputs): Promise<string> {
  return (await import('./write-sbom.ts')).writeSbom(inputs);
}

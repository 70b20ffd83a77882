import { type JsonObject, type PluginManifest, SlowLaneError } from '@slowlane/contracts';
import { nearest } from '@slowlane/kit';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';

/** Checks `build.options` against what the language declares. Throws `pipeline.invalid` naming each wrong option. */
export function checkOptions(options: JsonObject, manifest: PluginManifest): void {
  const ajv = new Ajv2020({ allErrors: true, strict: false, validateFormats: false });
  const check = ajv.compile(manifest.configSchema);
  if (check(options)) return;
  const known = Object.keys((manifest.configSchema['properties'] as object | undefined) ?? {});
  const told = (check.errors ?? []).map((error) => tell(error, known));
  throw new SlowLaneError('pipeline.invalid', `build.options for ${manifest.id}: ${told.join('; ')}`, {
    data: { known },
  });
}

function tell(error: ErrorObject, known: string[]): string {
  const where = error.instancePath.slice(1).replaceAll('/', '.') || 'the options';
  if (error.keyword !== 'additionalProperties') return `${where} ${error.message ?? 'is wrong'}`;
  const key = String((error.params as { additionalProperty?: string }).additionalProperty);
  const near = nearest(key, known);
  return `unknown option "${key}"${near === undefined ? `; known: ${known.join(', ') || 'none'}` : `; did you mean "${near}"?`}`;
}

import { type JsonObject, PipelineFile } from '@slowlane/contracts';
import { z } from 'zod';

/**
 * JSON Schema (2020-12) of a pipeline file as people write it, for editors: `# yaml-language-server: $schema=…` on its first line.
 * Keys with a default are optional.
 */
export function pipelineJsonSchema(): JsonObject {
  const schema = z.toJSONSchema(PipelineFile, { io: 'input', target: 'draft-2020-12' });
  return { title: 'Slow Lane pipeline file', ...(schema as JsonObject) };
}

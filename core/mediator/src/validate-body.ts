import { type Failure, type JsonObject, type PipelineRevision, SlowLaneError } from '@slowlane/contracts';
import type { ErrorObject } from 'ajv/dist/2020.js';
import { type BodyCheck, compileSchema } from './compile-schema.ts';
import { beyondBounds } from './json-bounds.ts';

/** Names the schema: each revision's is compiled once. */
export type SchemaOwner = Pick<PipelineRevision, 'name' | 'revision' | 'file'>;

/**
 * `request.body-invalid` that names each wrong field (all of them in `data.fields`), or `undefined` when the body, as it was sent, fits the operation's
 * schema. `mediate.failed` when the schema itself cannot be used.
 */
export function validateBody(revision: SchemaOwner, body: JsonObject): Failure | undefined {
  const wild = beyondBounds(body);
  if (wild !== undefined) return invalid(revision, [{ field: '', problem: wild }]);
  try {
    const errors = checkOf(revision)(body);
    return errors.length === 0 ? undefined : invalid(revision, errors.map(fieldOf));
  } catch (cause) {
    const message = `operation "${revision.name}": its request schema cannot be used: ${(cause as Error).message}`;
    return new SlowLaneError('mediate.failed', message, { cause }).toFailure();
  }
}

/** About 13 KB each (`slowlane bench operations`); compiling one takes milliseconds, which a caller would wait for. */
const mostCompiled = 1_000;
const compiled = new Map<string, { file: PipelineRevision['file']; check: BodyCheck }>();

function checkOf({ name, revision, file }: SchemaOwner): BodyCheck {
  const key = `${name}@${revision}`;
  const known = compiled.get(key);
  const schema = file.operation.request;
  // The same name and number can hold another file only in tests and after a restore; its schema decides then.
  const isSame =
    known !== undefined &&
    (known.file === file || JSON.stringify(known.file.operation.request) === JSON.stringify(schema));
  const entry = isSame ? known : { file, check: compileSchema(schema) };
  compiled.delete(key);
  compiled.set(key, entry);
  const oldest = compiled.size > mostCompiled ? compiled.keys().next().value : undefined;
  if (oldest !== undefined) compiled.delete(oldest);
  return entry.check;
}

interface FieldProblem {
  field: string;
  problem: string;
}

const mostFields = 20;

function invalid({ name }: SchemaOwner, problems: FieldProblem[]): Failure {
  const fields = problems.slice(0, mostFields);
  const lines = fields.map(({ field, problem }) => (field === '' ? problem : `${field}: ${problem}`));
  const more = problems.length > mostFields ? ` (and ${problems.length - mostFields} more)` : '';
  return new SlowLaneError(
    'request.body-invalid',
    `the body does not fit operation "${name}": ${lines.join('; ')}${more}`,
    {
      data: { operation: name, fields },
    },
  ).toFailure();
}

/** `month: must be <= 12`, `origins/0: must be one of "EWR", "JFK"`, `orgins: is not a field of this operation`. */
function fieldOf({ instancePath, keyword, params, message }: ErrorObject): FieldProblem {
  const at = instancePath.slice(1);
  const inside = (name: unknown): string => (at === '' ? String(name) : `${at}/${String(name)}`);
  const { missingProperty, additionalProperty, unevaluatedProperty, allowedValues } = params as Record<string, unknown>;
  if (keyword === 'required') return { field: inside(missingProperty), problem: 'is missing' };
  if (keyword === 'additionalProperties')
    return { field: inside(additionalProperty), problem: 'is not a field of this operation' };
  if (keyword === 'unevaluatedProperties')
    return { field: inside(unevaluatedProperty), problem: 'is not a field of this operation' };
  if (keyword === 'enum' && Array.isArray(allowedValues)) {
    return {
      field: at,
      problem: `must be one of ${allowedValues
        .slice(0, 20)
        .map((value) => JSON.stringify(value))
        .join(', ')}`,
    };
  }
  return { field: at, problem: message ?? `breaks "${keyword}"` };
}

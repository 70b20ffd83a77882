import {
  type Json,
  type JsonObject,
  type MediateSpec,
  type MediatorModule,
  type ModuleAnswer,
  type ModuleHost,
  type ModuleJoin,
  type ModulePart,
  type NewPart,
  SlowLaneError,
} from '@slowlane/contracts';
import { partKeys } from './split-parts.ts';

/** Parts that a module made, or what it said instead. */
export type ModuleOutcome = { parts: NewPart[] } | { nothingToDo: true };

/** The module of an operation, or `undefined`. Throws `mediate.failed` where the file names one whose text it does not hold. */
export function moduleOf({ module, code }: MediateSpec): MediatorModule | undefined {
  if (module === undefined) return undefined;
  if (code !== undefined) return { name: module, code };
  throw new SlowLaneError(
    'mediate.failed',
    `operation.mediate.module: the text of "${module}" is not with the revision`,
    {
      hint: 'Apply the file with "slowlane pipeline apply FILE", which sends the module along.',
    },
  );
}

/** Lets the module make the parts. `undefined` when it exports no `mediate`: then the declared split does. */
export async function partsByModule(
  host: ModuleHost,
  module: MediatorModule,
  { body, mostParts }: { body: JsonObject; mostParts: number },
): Promise<ModuleOutcome | undefined> {
  if (!(await host.functionsOf(module)).includes('mediate')) return undefined;
  const answer = await host.call(module, 'mediate', [{ body, mostParts }]);
  return outcomeOf(module.name, answer as ModuleAnswer, mostParts);
}

/** Asks the module what the ended parts come to. `undefined` when it exports no `join`: then the join policy alone says. */
export async function joinByModule(
  host: ModuleHost,
  module: MediatorModule,
  { parts, body }: { parts: ModulePart[]; body: JsonObject },
): Promise<ModuleJoin | undefined> {
  if (!(await host.functionsOf(module)).includes('join')) return undefined;
  const answer = await host.call(module, 'join', [parts as unknown as Json, { body }]);
  const joined = answer as ModuleJoin;
  if (!isObject(answer)) throw wrong(module.name, 'join', answer, '{ summary, leaveOut } or { fail }');
  if ('fail' in joined) {
    if (typeof joined.fail !== 'string') throw wrong(module.name, 'join', answer, 'a text as "fail"');
    return joined;
  }
  const known = new Set(parts.map(({ key }) => key));
  const { summary, leaveOut } = joined;
  const isFine =
    (summary === undefined || isObject(summary)) &&
    (leaveOut === undefined || (Array.isArray(leaveOut) && leaveOut.every((key) => known.has(key))));
  if (!isFine) throw wrong(module.name, 'join', answer, 'an object as "summary" and keys of parts as "leaveOut"');
  return joined;
}

function outcomeOf(name: string, answer: ModuleAnswer, mostParts: number): ModuleOutcome {
  if (!isObject(answer)) throw wrong(name, 'mediate', answer, 'an object');
  if ('refuse' in answer)
    throw new SlowLaneError('mediate.failed', `${name} refuses the request: ${String(answer.refuse).slice(0, 500)}`, {
      hint: 'The operation says so itself: see its message.',
      data: { module: name },
    });
  if ('nothingToDo' in answer) return { nothingToDo: true };
  const parts = (answer as { parts?: unknown }).parts;
  if (!Array.isArray(parts)) throw wrong(name, 'mediate', answer, '{ parts: […] }, { nothingToDo } or { refuse }');
  if (parts.length > mostParts)
    throw new SlowLaneError(
      'request.too-many-parts',
      `${name} made ${parts.length} parts, at most ${mostParts} are allowed`,
      { data: { parts: parts.length, most: mostParts } },
    );
  if (parts.length === 0) return { nothingToDo: true };
  return { parts: partsOf(name, parts) };
}

function partsOf(name: string, parts: readonly unknown[]): NewPart[] {
  const checked = parts.map((part, index) => {
    const { key, document } = (part ?? {}) as { key?: unknown; document?: unknown };
    if (!isObject(document)) throw wrong(name, 'mediate', part, `an object as "document" of part ${index + 1}`);
    return { key, document: document as JsonObject };
  });
  const keys = partKeys(checked.map(({ key }) => (typeof key === 'string' || typeof key === 'number' ? key : null)));
  return checked.map(({ document }, index) => ({ key: keys[index] as string, document }));
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(name: string, method: string, answer: unknown, wanted: string): SlowLaneError {
  const given = JSON.stringify(answer)?.slice(0, 120) ?? 'nothing';
  return new SlowLaneError('mediate.failed', `${name}: ${method} returned ${given}, expected ${wanted}`, {
    data: { module: name },
  });
}

import { setTimeout as pause } from 'node:timers/promises';
import { atPath } from './at-path.ts';
import type { Answer, CallStep, Case, Client, Expect, FaultStep, HttpStep, Need } from './case.ts';
import { checkAnswer } from './check-answer.ts';
import { differenceOf } from './differences.ts';
import { fill } from './fill.ts';

/** `differs`: the client by itself does something else, for a reason that is known. */
export type Verdict = 'pass' | 'fail' | 'differs' | 'skip';

export interface Row {
  id: string;
  client: Client['name'];
  verdict: Verdict;
  /** Why it was skipped, or what was different. */
  detail: string;
  tookMs: number;
}

export interface CaseContext {
  /** What the host has of what cases need. */
  offers: ReadonlySet<Need>;
  /** Names that are there from the start. */
  given: Readonly<Record<string, unknown>>;
  /** The control API of the local workspace. */
  addFault(step: FaultStep): Promise<void>;
  /** How long an `until` may take. */
  untilMs: number;
}

/** One case with one client. Never throws: what goes wrong is in the row. */
export async function runCase(one: Case, client: Client, context: CaseContext): Promise<Row> {
  const begun = performance.now();
  const row = (verdict: Verdict, detail = ''): Row => ({
    ...{ id: one.id, client: client.name, verdict, detail },
    tookMs: Math.round(performance.now() - begun),
  });
  const reason = whyNot(one, client, context);
  if (reason !== undefined) return row('skip', reason);
  try {
    const problem = await walk(one, client, context);
    if (problem === undefined) return row('pass');
    const why = differenceOf(client.name, one.id, problem);
    return why === undefined ? row('fail', problem) : row('differs', why);
  } catch (error) {
    return row('fail', error instanceof Error ? error.message : String(error));
  }
}

/** Why this client or this host cannot show the case. */
export function whyNot(one: Case, client: Client, { offers }: Pick<CaseContext, 'offers'>): string | undefined {
  const missing = one.needs.filter((need) => !offers.has(need));
  if (missing.length > 0) return `the host offers no ${missing.join(', ')}`;
  if (!one.clients.includes(client.name)) return one.why ?? 'only the bytes show it';
  for (const step of one.steps) {
    const cannot = 'fault' in step ? undefined : client.cannot(step);
    if (cannot !== undefined) return cannot;
  }
  return undefined;
}

async function walk(one: Case, client: Client, context: CaseContext): Promise<string | undefined> {
  const unique = crypto.randomUUID().slice(0, 8);
  const saved: Record<string, unknown> = fill({ ...context.given, unique }, { unique });
  for (const [index, template] of one.steps.entries()) {
    const step = fill(template, saved);
    if ('fault' in step) {
      await context.addFault(step);
      continue;
    }
    const { answer, late } = await sendUntil(step, client, context.untilMs);
    const problems = late.length > 0 ? late : checkAnswer(answer, step.expect ?? {}, showsOf(client, step));
    const name = 'call' in step ? step.call : `${step.http.method} ${step.http.path}`;
    if (problems.length > 0) return `step ${index + 1}, ${name}: ${problems.join('; ')}`;
    for (const [key, path] of Object.entries(step.save ?? {})) {
      const value = atPath(answer.body, path);
      if (value === undefined)
        return `step ${index + 1}, ${name}: no ${path} in ${JSON.stringify(answer.body).slice(0, 300)}`;
      saved[key] = value;
    }
  }
  return undefined;
}

async function sendUntil(
  step: CallStep | HttpStep,
  client: Client,
  untilMs: number,
): Promise<{ answer: Answer; late: string[] }> {
  const deadline = performance.now() + untilMs;
  const until: Expect | undefined = step.until;
  for (;;) {
    const answer = await client.send(step);
    if (until === undefined) return { answer, late: [] };
    const open = checkAnswer(answer, until, showsOf(client, step));
    if (open.length === 0) return { answer, late: [] };
    if (performance.now() > deadline) return { answer, late: open.map((text) => `still after ${untilMs} ms: ${text}`) };
    await pause(200);
  }
}

function showsOf(client: Client, step: CallStep | HttpStep): (key: string) => boolean {
  return (key) => 'http' in step || client.shows(step.call, key);
}

import { abuseTests } from '@slowlane/abuse';
import { type AbuseNote, type PushStage, pushStages, type StagesNote, type TestNote } from '@slowlane/testkit';

/** A table of what tests saw in one run. */
export interface ProofTable {
  title: string;
  head: string[];
  rows: string[][];
  /** What its cells mean. */
  legend: string;
}

export interface Seen {
  note: TestNote;
  /** Whether the test that saw it passed. */
  isGood: boolean;
}

const notRun = 'not run here';

/** language x stage: in each cell how many pushes came through the stage, in tests that passed. `languages`: those that ship; others join as they are seen. */
export function languageTable(seen: readonly Seen[], languages: readonly string[]): ProofTable {
  const pushes = seen.flatMap(({ note, isGood }) => (note.kind === 'stages' ? [{ ...note, isGood }] : []));
  const all = [...new Set([...languages, ...pushes.map(({ language }) => language)])];
  return {
    title: 'language x stage',
    head: ['language', ...pushStages],
    rows: all.map((language) => [
      language,
      ...pushStages.map((stage) =>
        stageCell(
          pushes.filter((push) => push.language === language && push.stages.includes(stage)),
          refusalOf(seen, language, stage),
        ),
      ),
    ]),
    legend: `pushes that came through the stage in this run; FAILED: the test around such a push failed; "none": the language has no such stage, in the words that refuse it; "${notRun}": no test of this run went there`,
  };
}

function stageCell(pushes: readonly (StagesNote & { isGood: boolean })[], refusal: string | undefined): string {
  if (pushes.some(({ isGood }) => !isGood)) return 'FAILED';
  if (pushes.length > 0) return String(pushes.length);
  return refusal === undefined ? notRun : `none: ${refusal}`;
}

function refusalOf(seen: readonly Seen[], language: string, stage: PushStage): string | undefined {
  for (const { note, isGood } of seen) {
    if (note.kind !== 'refused-stages' || !isGood) continue;
    if (note.language === language && note.stages.includes(stage)) return note.reason;
  }
  return undefined;
}

/** driver x abuse test: in each cell attacks that held of attacks carried out. */
export function abuseProof(seen: readonly Seen[], drivers: readonly string[]): ProofTable {
  const notes = seen.flatMap(({ note }) => (note.kind === 'abuse' ? [note] : []));
  const all = [...new Set([...drivers, ...notes.map(({ driver }) => driver)])];
  return {
    title: 'driver x abuse test',
    head: ['test', 'attack', ...all],
    rows: abuseTests.map(({ id, title, starred }) => [
      `${id}${starred ? ' *' : ''}`,
      title,
      ...all.map((driver) =>
        abuseCell(
          id,
          notes.findLast((note) => note.driver === driver),
        ),
      ),
    ]),
    legend: `attacks that held of attacks carried out, * decides about a driver; "not claimed": the list of the driver's tier names it; "${notRun}": the machine does not have the driver`,
  };
}

/** A test of the table that a driver has no row for was skipped, and that is a failure. */
function abuseCell(id: string, note: AbuseNote | undefined): string {
  if (note === undefined) return notRun;
  const row = note.rows.find((one) => one.id === id);
  if (row?.notClaimed !== undefined) return 'not claimed';
  if (row === undefined) return 'FAILED: skipped';
  return `${row.ok ? '' : 'FAILED: '}${row.held} of ${row.attacks}`;
}

import type { ModuleAnswer, ModuleJoin, ModulePart, ModuleRequest } from '@slowlane/contracts';

/**
 * Makes one part of each month that the range touches. Runs with no network and no files, and must give the same answer for the same request: it is asked again
 * after a crash, and nothing but its last answer counts.
 */
export function mediate({ body, mostParts }: ModuleRequest): ModuleAnswer {
  const { from, to, ...rest } = body as { from: string; to: string };
  const months = monthsBetween(from.slice(0, 7), to.slice(0, 7));
  if (months.length > mostParts)
    return { refuse: `${months.length} months are too many at once, ask for ${mostParts}` };
  return {
    parts: months.map((month) => ({
      key: month,
      document: { ...rest, from: latest(from, `${month}-01`), to: earliest(to, lastDayOf(month)) },
    })),
  };
}

/** Says in summary.json which months the result holds; a month without a report fails the request. */
export function join(parts: ModulePart[]): ModuleJoin {
  const empty = parts.filter(({ files }) => !files.some(({ name }) => name === 'report.csv'));
  if (empty.length > 0) return { fail: `no report.csv for ${empty.map(({ key }) => key).join(', ')}` };
  return { summary: { months: parts.map(({ key }) => key) } };
}

function monthsBetween(first: string, last: string): string[] {
  const months: string[] = [];
  let [year, month] = first.split('-').map(Number) as [number, number];
  for (let at = first; at <= last; at = `${year}-${String(month).padStart(2, '0')}`) {
    months.push(at);
    month = month === 12 ? 1 : month + 1;
    if (month === 1) year++;
  }
  return months;
}

function lastDayOf(month: string): string {
  const [year, number] = month.split('-').map(Number) as [number, number];
  return `${month}-${new Date(Date.UTC(year, number, 0)).getUTCDate()}`;
}

function latest(a: string, b: string): string {
  return a > b ? a : b;
}

function earliest(a: string, b: string): string {
  return a < b ? a : b;
}

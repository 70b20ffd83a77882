import { type ApiCall, apiCalls } from '@slowlane/workspace';

/** Which calls of the Databricks API the local workspace has, one table per area. */
export function workspaceRoutesPage(made: string): string {
  const areas = [...new Set(apiCalls.map(({ area }) => area))];
  const done = apiCalls.filter(({ isDone }) => isDone).length;
  return `# Calls of the local workspace

${made}

${done} of the ${apiCalls.length} calls listed here are done. All others, and every call that is not listed, answer 501 \`NOT_IMPLEMENTED\` and name the route; nothing
pretends to have run. \`slowlane workspace routes\` prints the same of a workspace that runs.

${areas
  .map((area) =>
    table(
      area,
      apiCalls.filter((call) => call.area === area),
    ),
  )
  .join('\n\n')}
`;
}

function table(area: string, calls: readonly ApiCall[]): string {
  const rows = calls.map(({ method, path, alsoVersions, isDone }) => {
    const also = alsoVersions.length === 0 ? '' : alsoVersions.join(', ');
    return `| ${method} | \`${path}\` | ${also} | ${isDone ? 'done' : '501'} |`;
  });
  return [`## ${area}`, '', '| Method | Path | Also under | |', '|---|---|---|---|', ...rows].join('\n');
}

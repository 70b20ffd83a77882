import { commands } from './commands.ts';

/** The command line as a page: made from the same definitions as `--help`. */
export function commandReference(): string {
  const parts = commands.map(({ name, summary, details, args = [], options = [] }) => {
    const usage = ['slowlane', name, ...args.map((arg) => arg.form), ...(options.length > 0 ? ['[options]'] : [])].join(
      ' ',
    );
    const rows = [...args, ...options].map(
      ({ form, help }) => `| \`${form.replaceAll('|', '\\|')}\` | ${help.replaceAll('|', '\\|')} |`,
    );
    return [
      `## ${name}`,
      '',
      `${summary[0]?.toUpperCase()}${summary.slice(1)}.${details === undefined ? '' : ` ${details}`}`,
      '',
      '```',
      usage,
      '```',
      ...(rows.length > 0 ? ['', '| | |', '|---|---|', ...rows] : []),
      '',
    ].join('\n');
  });
  return `# Command line

<!-- Made by \`npm run docs\` from the code; edit the code. -->

Every command has \`--help\` and \`--json\`: one JSON document on stdout, everything else on stderr. Environment: \`SLOWLANE_HOME\` (state), \`SLOWLANE_URL\`, \`SLOWLANE_TOKEN\`,
\`SLOWLANE_CONFIG\` (default \`slowlane.yaml\` in the state folder), \`SLOWLANE_GROUND\` (tools installed at set-up). Exit codes: [errors.md](errors.md).

${parts.join('\n')}`;
}

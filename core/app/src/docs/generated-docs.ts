import { errorCodes, exitCodeOf, runtimes, type ErrorCode } from '@slowlane/contracts';
import { commandReference } from '@slowlane/cli';
import { pipelineJsonSchema } from '@slowlane/pipeline';
import { workspaceRoutesPage } from './workspace-routes-page.ts';

/** Reference pages made from the code: path below docs/ -> text. `npm run docs` writes them, a test fails when they are stale. */
export function generatedDocs(): Map<string, string> {
  return new Map([
    ['errors.md', errorsPage()],
    ['cli.md', commandReference()],
    ['runtimes.md', runtimesPage()],
    ['workspace-routes.md', workspaceRoutesPage(made)],
    ['pipeline.schema.json', `${JSON.stringify(pipelineJsonSchema(), null, 2)}\n`],
  ]);
}

const made = '<!-- Made by `npm run docs` from the code; edit the code. -->';

function errorsPage(): string {
  const rows = Object.entries(errorCodes).map(
    ([code, entry]) =>
      `| \`${code}\` | ${entry.kind} | ${entry.status} | ${exitCodeOf(code as ErrorCode)} | ${entry.summary} | ${entry.hint} |`,
  );
  return `# Error codes

${made}

Every failure has a stable code, one of three kinds (\`user\`: yours to correct; \`platform\`: ours; \`temporary\`: tried again by itself), a message with the
offending value and a hint. REST answers carry them as RFC 9457 problem documents, the command line as three lines and an exit code.

| Code | Kind | HTTP | Exit | What happened | What to do |
|---|---|---|---|---|---|
${rows.join('\n')}
`;
}

function runtimesPage(): string {
  const rows = runtimes.map(
    (r) => `| \`${r.version}\` | ${r.spark} | ${r.scala} | ${r.java} | ${r.classFile} | ${r.python} |`,
  );
  return `# Runtimes

${made}

What an artifact is checked against before anything is uploaded (\`job.runtime\` of a pipeline file).

| Runtime | Spark | Scala | Java | Highest class file | Python |
|---|---|---|---|---|---|
${rows.join('\n')}
`;
}

import { formatBytes, formatDuration } from '@slowlane/kit';
import { defineCommand, flag } from '../command.ts';

export const backup = defineCommand({
  name: 'backup',
  summary: 'copy the whole state into a new folder, while everything runs',
  details:
    'Holds ledger, archive, Redis, blobs, build cache, git repositories and the hashes of tokens, with a SHA-256 of each file. Keep one made with --with-keys like a password: without the keys the signatures of earlier artifacts and the links and webhooks of callers do not go on.',
  args: [{ form: '<folder>', help: 'a folder that does not exist yet' }],
  options: [{ form: '--with-keys', help: "also the signing keys and the administrator's token" }],
  run: (input, { local }) => local.backup(input.args[0] as string, { withKeys: flag(input, 'withKeys') }),
  render: ({ folder, files, bytes, cursor, tookMs }, style) => [
    `${style.good('backed up')} ${files} files, ${formatBytes(bytes)} to ${folder}  ${style.dim(`(${formatDuration(tookMs)}, up to event ${cursor})`)}`,
  ],
});

export const restore = defineCommand({
  name: 'restore',
  summary: 'bring a backup into a state folder that holds nothing; then: slowlane up',
  details:
    'Every file is compared with the manifest first. Requests that waited go on once; what ran is looked up on its workspace. With a Redis or Postgres of your own: the Postgres database must be empty, and redis.rdb of the backup is for you to load.',
  args: [{ form: '<folder>', help: 'what slowlane backup wrote' }],
  run: (input, { local }) => local.restore(input.args[0] as string),
  render: ({ home, files, bytes, cursor, at }, style) => [
    `${style.good('restored')} ${files} files, ${formatBytes(bytes)} to ${home}  ${style.dim(`(made ${new Date(at).toISOString()}, up to event ${cursor})`)}`,
  ],
});

export const gc = defineCommand({
  name: 'gc',
  summary:
    'remove what nothing needs: old jobs and their published files on the workspaces, stored bytes that nothing refers to',
  details:
    'Of each pipeline and target the last 5 artifacts stay registered, to roll back to; so does what a request that has not ended runs on. Nothing younger than 7 days goes.',
  options: [{ form: '--dry-run', help: 'say what would go, and remove nothing' }],
  run: (input, { local }) => local.gc({ dryRun: flag(input, 'dryRun') }),
  render: ({ kept, removed, bytes, published, dryRun }, style) => {
    const did = dryRun ? 'would remove' : 'removed';
    return [
      `${did} ${published.jobs} jobs and ${published.artifacts} published artifacts, ${formatBytes(published.bytes)}`,
      `${did} ${removed} blobs, ${formatBytes(bytes)}; ${kept} are needed`,
      ...published.unreachable.map(({ workspace, reason }) => style.warn(`${workspace} was left alone: ${reason}`)),
    ];
  },
});

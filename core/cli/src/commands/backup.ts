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
  summary: 'remove stored bytes that nothing refers to: no registered job, history, build cache or dependency snapshot',
  details:
    'Bytes younger than 7 days stay in any case. History names what it tells of, so what a rollback needs stays.',
  options: [{ form: '--dry-run', help: 'say what would go, and remove nothing' }],
  run: (input, { local }) => local.gc({ dryRun: flag(input, 'dryRun') }),
  render: ({ kept, removed, bytes, dryRun }) => [
    `${dryRun ? 'would remove' : 'removed'} ${removed} blobs, ${formatBytes(bytes)}; ${kept} are needed`,
  ],
});

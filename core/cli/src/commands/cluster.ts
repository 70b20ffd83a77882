import { formatDuration } from '@slowlane/kit';
import { defineCommand, flag } from '../command.ts';

export const clusterLs = defineCommand({
  name: 'cluster ls',
  summary: 'warm clusters that Slow Lane has started and will end',
  run: (_input, { client }) => client().listClusters(),
  render: ({ clusters }, style) =>
    clusters.length === 0
      ? ['no clusters']
      : style.table(
          clusters.map((cluster) => [
            cluster.id,
            cluster.pool,
            `${cluster.workspace} ${cluster.clusterId ?? ''}`.trimEnd(),
            cluster.state,
            cluster.artifact.slice(0, 19),
            cluster.parts.join(' '),
            [leaseText(cluster.leaseEndsAt), cluster.reason].filter(Boolean).join('; '),
          ]),
          ['cluster', 'pool', 'workspace', 'state', 'artifact', 'parts', 'lease'],
        ),
});

function leaseText(endsAt: number): string {
  const leftMs = endsAt - Date.now();
  return leftMs > 0 ? `ends in ${formatDuration(leftMs)}` : 'over';
}

export const clusterEnd = defineCommand({
  name: 'cluster end',
  summary: 'end a warm cluster when its runs have ended',
  args: [{ form: '<id>', help: 'id of the cluster: clu_…' }],
  options: [{ form: '--now', help: 'under its runs: they are tried again as their pipelines say' }],
  run: (input, { client }) => client().endCluster(input.args[0] as string, { now: flag(input, 'now') }),
  render: ({ id, state, parts }, style) => [
    state === 'ending' || parts.length === 0
      ? `${style.bold(id)} ends`
      : `${style.bold(id)} takes no part any more, and ends after: ${parts.join(' ')}`,
  ],
});

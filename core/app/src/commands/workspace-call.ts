import { SlowLaneError } from '@slowlane/contracts';

/** One call of the local workspace's control API. `cli.usage` with its own words for what it refuses, `cli.not-running` when nobody answers. */
export async function workspaceCall(
  { host, token }: { host: string; token: string },
  { method, path, body }: { method: string; path: string; body?: object | undefined },
): Promise<unknown> {
  const response = await fetch(host + path, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((cause: unknown) => {
    throw new SlowLaneError('cli.not-running', `the local workspace does not answer at ${host}`, { cause });
  });
  const answer = (await response.json()) as { message?: string };
  if (response.ok) return answer;
  throw new SlowLaneError('cli.usage', `${method} ${path}: ${answer.message ?? response.status}`);
}

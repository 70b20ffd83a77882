import { join } from 'node:path';
import type { DependencyGateway, GitGateway } from '@slowlane/contracts';

/** The real gateway, which this project may not import: by name, with a folder of its own. */
export async function openGitGateway(folder: string, options: object): Promise<GitGateway & DependencyGateway> {
  const name = '@slowlane/gateway';
  const { createGateway } = (await import(name)) as {
    createGateway(options: object): Promise<GitGateway & DependencyGateway>;
  };
  return createGateway({
    stateDir: join(folder, 'gateway'),
    socketsDir: join(folder, 's'),
    upstreams: {},
    ...options,
  });
}

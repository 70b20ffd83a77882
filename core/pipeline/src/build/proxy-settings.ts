import type { GatewayTunnel, PlanStep } from '@slowlane/contracts';
import { formatBytes } from '@slowlane/kit';

const host = '127.0.0.1';
const port = '3128';
const address = `http://${host}:${port}`;

/** JVMs look at no variable; Maven from 3.9 on looks at these properties only where it is told to. */
const properties = [
  `-Dhttps.proxyHost=${host}`,
  `-Dhttps.proxyPort=${port}`,
  '-Dhttp.nonProxyHosts=localhost|127.0.0.1',
  '-Daether.connector.http.useSystemProperties=true',
].join(' ');

/** pip, git, R, curl, Go and Python look at the variables, in one spelling or the other; Node only where it is told to. */
const variables: Readonly<Record<string, string>> = {
  https_proxy: address,
  HTTPS_PROXY: address,
  no_proxy: `localhost,${host}`,
  NO_PROXY: `localhost,${host}`,
  NODE_USE_ENV_PROXY: '1',
};

/** The step with its tools told to go through the gateway, by CONNECT, for what is at none of its registries. */
export function withProxy(step: PlanStep): PlanStep {
  const known = step.env['JAVA_TOOL_OPTIONS'];
  return {
    ...step,
    env: {
      ...variables,
      ...step.env,
      JAVA_TOOL_OPTIONS: known === undefined ? properties : `${known} ${properties}`,
    },
  };
}

/** Lines for the build log, one per host: what passed there nobody has seen. */
export function unverifiedIn(tunnels: readonly GatewayTunnel[]): string[] {
  const hosts = [...new Set(tunnels.map(({ host: one }) => one))];
  return hosts.map((one) => {
    const own = tunnels.filter((tunnel) => tunnel.host === one);
    const sum = (way: 'bytesUp' | 'bytesDown'): string =>
      formatBytes(own.reduce((total, tunnel) => total + tunnel[way], 0));
    return `    NOT VERIFIED: ${own.length} connections to ${one}, ${sum('bytesDown')} received, ${sum('bytesUp')} sent`;
  });
}

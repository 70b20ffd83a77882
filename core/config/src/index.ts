export {
  credentialVariables,
  registryAddresses,
  registryCredentials,
  sourceCredentials,
  sourceKeys,
  sourceHosts,
} from './credentials.ts';
export { callerEnvironment, type Environment, readEnvironment } from './environment.ts';
export { loadConfig } from './load-config.ts';
export { type Paths, pathsOf } from './paths.ts';
export { SlowLaneYaml, type SourceSettings, type WorkspaceSettings } from './schema.ts';

export { startPluginHost, type PluginHostOptions } from './plugin-host.ts';
export { startModuleHost, type ModuleHostOptions } from './module-host.ts';
export { startLocalModuleHost } from './local-module-host.ts';

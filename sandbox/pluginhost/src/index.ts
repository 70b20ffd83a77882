export { startPluginHost, type PluginHostOptions } from './plugin-host.ts';
export { startModuleHost, type ModuleHostOptions } from './module-host.ts';
export { startLocalPluginHost } from './local-plugin-host.ts';
export { startLocalModuleHost } from './local-module-host.ts';

export { startPluginHost, type PluginHostOptions } from './plugin-host.ts';

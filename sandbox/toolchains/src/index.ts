export * from './discover-tools.ts';
export * from './host-root.ts';

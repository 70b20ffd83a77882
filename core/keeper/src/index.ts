export * from './create-keeper.ts';
export type { PollSettings } from './poll-settings.ts';

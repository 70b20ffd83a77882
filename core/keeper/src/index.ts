export * from './create-keeper.ts';
export type { PollSettings } from './poll-settings.ts';
export { type Progress, readProgress } from './read-progress.ts';
export type { BreakerView } from './breakers.ts';

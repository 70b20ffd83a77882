export { createScheduler, type Scheduler, type SchedulerDeps } from './create-scheduler.ts';
export { scheduleProblem } from './schedule-problem.ts';
export { scheduleEntries } from './schedule-entries.ts';

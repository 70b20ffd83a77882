import type { FifoPool } from '@slowlane/process';
import type { DummyDials } from './dummy-driver.ts';

/** What the parts of one dummy share. */
export interface DummyState {
  dials: DummyDials;
  complaints: string[];
  /** Ids in use. */
  live: Set<string>;
  fifos: FifoPool;
  /** Notes the complaint and throws it as `sandbox.refused`. */
  refuse(complaint: string): never;
  /** Waits as long as answers are late. */
  answer(): Promise<void>;
}

export type * from './ledger.ts';
export { openLedger } from './open-ledger.ts';

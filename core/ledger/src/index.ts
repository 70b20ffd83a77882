export type * from './ledger.ts';
export { openLedger } from './open-ledger.ts';
export { readArchive } from './archive-parts.ts';
export { copyArchive } from './copy-archive.ts';
export { copyLedger, fillPostgres } from './copy-ledger.ts';
export { digestsInLedger } from './names-in-ledger.ts';
export { registrationsInLedger, type RegistrationsInLedger } from './registrations-in-ledger.ts';

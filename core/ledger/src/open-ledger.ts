import { createArchiver } from './archiver.ts';
import { createHistory } from './history.ts';
import type { Ledger, LedgerOptions } from './ledger.ts';
import { readHandPauses } from './hand-pauses.ts';
import { openDatabase } from './open-database.ts';
import { createPipelineStore } from './pipeline-store.ts';
import { createRegistrationStore } from './registration-store.ts';
import { createDeliveryStore } from './delivery-store.ts';
import { readQuarantine } from './quarantine.ts';
import { createRevocationStore } from './revocation-store.ts';
import { createScheduleStore } from './schedule-store.ts';
import { createTokenStore } from './token-store.ts';

/** Opens (and migrates) the read model. Throws `ledger.unavailable` naming the file or database. Only one process may open a SQLite ledger for archiving. */
export async function openLedger({ file, postgres, archiveDir, logger, now }: LedgerOptions): Promise<Ledger> {
  const db = await openDatabase(postgres ?? { file });
  return {
    pipelines: createPipelineStore(db),
    registrations: createRegistrationStore(db),
    tokens: createTokenStore(db, now === undefined ? {} : { now }),
    schedules: createScheduleStore(db),
    deliveries: createDeliveryStore(db),
    history: createHistory(db.read),
    revocations: createRevocationStore(db),
    handPauses: () => readHandPauses(db.read),
    handLimits: () => db.read.selectFrom('hand_limits').selectAll().orderBy('dimension').execute(),
    archiver: (events) => createArchiver({ events, db, archiveDir, logger }),
    quarantine: () => readQuarantine(db.read),
    close: db.close,
  };
}

import { createArchiver } from './archiver.ts';
import { createHistory } from './history.ts';
import type { Ledger, LedgerOptions } from './ledger.ts';
import { openDatabase } from './open-database.ts';
import { createPipelineStore } from './pipeline-store.ts';
import { createRegistrationStore } from './registration-store.ts';
import { createDeliveryStore } from './delivery-store.ts';
import { createScheduleStore } from './schedule-store.ts';
import { createTokenStore } from './token-store.ts';

/** Opens (and migrates) the SQLite read model. Throws `ledger.unavailable` naming the file. One process archives into a ledger. */
export async function openLedger({ file, archiveDir, logger }: LedgerOptions): Promise<Ledger> {
  const db = await openDatabase(file);
  return {
    pipelines: createPipelineStore(db),
    registrations: createRegistrationStore(db),
    tokens: createTokenStore(db),
    schedules: createScheduleStore(db),
    deliveries: createDeliveryStore(db),
    history: createHistory(db.read),
    handLimits: () => db.read.selectFrom('hand_limits').selectAll().orderBy('dimension').execute(),
    archiver: (events) => createArchiver({ events, db, archiveDir, logger }),
    async close() {
      await db.read.destroy();
      await db.write.destroy();
    },
  };
}

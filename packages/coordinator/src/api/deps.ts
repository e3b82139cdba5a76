import type { Certificate } from '@picket/shared/pki/certificate.ts';
import type { RefusalCounts } from '../audit/refusal-counts.ts';
import type { Backups } from '../backup/open-backups.ts';
import type { Executor } from '../executor/executor.ts';
import type { PublicationBoard } from '../executor/publication-board.ts';
import type { HistoryBook } from '../history/history-book.ts';
import type { AfterRestore } from '../identity/after-restore.ts';
import type { IdentityDeps } from '../identity/deps.ts';
import type { Installer } from '../installer/open-installer.ts';
import type { LogDesk } from '../logs/log-desk.ts';
import type { Notifier } from '../notifications/notifier.ts';
import type { Rehearser } from '../rehearsals/rehearser.ts';
import type { ReleaseFetches } from '../releases/release-fetches.ts';
import type { ReleaseStore } from '../releases/release-store.ts';
import type { SnapshotKeeper } from '../snapshots/snapshot-keeper.ts';

/** Everything that the routes may use. */
export interface ApiDeps extends IdentityDeps {
  readonly afterRestore: AfterRestore;
  readonly executor: Executor;
  readonly publications: PublicationBoard;
  readonly history: HistoryBook;
  /** Fires after so many milliseconds: a request waits no longer. */
  readonly timeout: (ms: number) => AbortSignal;
  readonly snapshots: SnapshotKeeper;
  readonly rehearser: Rehearser;
  readonly backups: Pick<Backups, 'copies' | 'lastAt' | 'schedule' | 'targets'>;
  readonly logs: LogDesk;
  readonly refusals: Pick<RefusalCounts, 'count'>;
  readonly releases: ReleaseStore;
  readonly releaseFetches: ReleaseFetches;
  readonly notifier: Notifier;
  /** The certificate that it presents now. */
  readonly serverCertificate: () => Certificate;
  /** Null if this coordinator has no agent to hand out. */
  readonly installer: Installer | null;
  /** The address of this coordinator for operators. */
  readonly url: string;
  /** How often nodes report while nothing changes, in seconds. */
  readonly reportSeconds: number;
}

import type { ReportRequest, RestoreToolReport } from '@picket/shared/protocol/report.ts';
import type { LeafPurpose } from '@picket/shared/protocol/words.ts';
import type { AnyReason } from '@picket/shared/reasons/reason.ts';
import type { CoordinatorClient } from '../coordinator/client.ts';
import { loadDesiredState } from '../coordinator/desired-state-file.ts';
import type { TalkDeps } from '../coordinator/heard.ts';
import { reportInDoubt } from '../coordinator/time-in-doubt.ts';
import { type CredentialReader, credentialReader } from '../credentials/credential-state.ts';
import type { EtcdEndpoint, EtcdGateway } from '../etcd/etcd.ts';
import type { AskFormer } from '../etcd/former-voter.ts';
import type { Probe } from '../etcd/probe.ts';
import type { Prover } from '../etcd/prove.ts';
import type { EtcdUnit, Owner } from '../host/host.ts';
import type { MachineReadings } from '../host/machine.ts';
import type { IdentityRenewal } from '../identity/identity-renewal.ts';
import { type JournalStore, openJournal } from '../journal/journal-store.ts';
import type { MaintenanceErrand } from '../maintenance/maintenance-errand.ts';
import { type ConfReader, confReader } from '../model/conf.ts';
import type { InstalledEtcd } from '../observe/etcd-version.ts';
import { type LocalEtcd, localEtcd } from '../observe/local-etcd.ts';
import { type MachineWatch, machineWatch } from '../observe/machine.ts';
import { type Reporter, reporter } from '../report/report.ts';
import type { RestoreSnapshot } from '../snapshots/restore-snapshot.ts';
import type { SnapshotErrand } from '../snapshots/snapshot-errand.ts';
import { removeLeftSnapshots } from '../snapshots/snapshot-files.ts';
import { attemptNote, noteBegin } from './journal-notes.ts';
import { freshMemory, holdMemory, type MemoryHolder } from './memory.ts';
import type { OverlayKeeper } from './overlay-keeper.ts';

export interface AgentDeps extends TalkDeps {
  readonly unit: EtcdUnit;
  /** See `ObserveDeps`. */
  readonly purposes: readonly LeafPurpose[];
  readonly etcdOwner: Owner | null;
  readonly coordinator: Pick<CoordinatorClient, 'desiredState' | 'certificate' | 'report'>;
  readonly connectEtcd: (endpoint: EtcdEndpoint) => EtcdGateway;
  readonly probe: Probe;
  readonly askFormer: AskFormer;
  readonly snapshots: SnapshotErrand;
  readonly maintenance: MaintenanceErrand;
  readonly restoreSnapshot: RestoreSnapshot;
  /** The program that this node restores a snapshot with; null for a client node, and while it is not known. */
  readonly restoreTool: () => Promise<RestoreToolReport | null>;
  readonly prove: Prover;
  readonly readings: MachineReadings;
  readonly installedEtcd: () => Promise<InstalledEtcd | null>;
  /** The command that installs an etcd of this minor version here. */
  readonly etcdRemedy: (minor: string) => Promise<string>;
  /** See `etcdVersionReader`. */
  readonly etcdProblem?: (() => AnyReason | null) | undefined;
  /** Only on a machine whose /etc is in memory. */
  readonly overlay?: OverlayKeeper | undefined;
  /** null for an agent without an identity to renew. */
  readonly identity: IdentityRenewal | null;
  /** Report at least this often, in seconds; null: the coordinator decides. */
  readonly reportSeconds: number | null;
  readonly version: string;
}

export interface Agent {
  readonly deps: AgentDeps;
  readonly journal: JournalStore;
  readonly localEtcd: LocalEtcd;
  readonly readCredential: CredentialReader;
  readonly confReader: ConfReader;
  readonly reporter: Reporter;
  readonly machine: MachineWatch;
  /** The number of this run. */
  readonly run: number;
  readonly memory: MemoryHolder;
}

/** Continues where the last agent of this node stopped. Throws what `openJournal` throws. */
export async function openAgent(deps: AgentDeps): Promise<Agent> {
  const { host, paths, reportSeconds, failpoint } = deps;
  const journal = await openJournal(host.files, paths.stateDir);
  const run = journal.current().runs + 1;
  const unnoted = await attemptNote(() => journal.update(noteBegin(run)));
  await removeLeftSnapshots(host.files, paths.stateDir);
  const kept = await loadDesiredState({ files: host.files, stateDir: paths.stateDir, journal });
  if (kept.problem !== null) deps.log.warn({ problem: kept.problem }, 'the stored desired state is not used');
  // An earlier run may have had this number without storing it: the clock tells its reports from this one's.
  const after = Math.max(0, Math.floor(host.clock.now()));
  const memory = holdMemory(
    freshMemory({
      accepted: kept.accepted,
      startedAt: host.clock.now(),
      began: host.clock.monotonic(),
      unnoted,
    }),
  );
  const coordinator = { report: (request: ReportRequest) => reportInDoubt({ deps, journal, memory }, request) };
  return {
    deps,
    journal,
    localEtcd: localEtcd(deps.connectEtcd),
    readCredential: credentialReader(),
    confReader: confReader(),
    reporter: reporter({ coordinator, clock: host.clock, run, after, everySeconds: reportSeconds, failpoint }),
    machine: machineWatch({ readings: deps.readings, clock: host.clock, folder: paths.stateDir }),
    run,
    memory,
  };
}

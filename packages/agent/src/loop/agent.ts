import { messageOf } from '@picket/shared/problems.ts';
import type { ReportRequest, RestoreToolReport } from '@picket/shared/protocol/report.ts';
import type { CoordinatorClient } from '../coordinator/client.ts';
import { loadDesiredState } from '../coordinator/desired-state-file.ts';
import type { TalkDeps } from '../coordinator/heard.ts';
import { reportInDoubt } from '../coordinator/time-in-doubt.ts';
import { type CredentialReader, credentialReader } from '../credentials/credential-state.ts';
import { removeRootCredential } from '../credentials/root-credential.ts';
import type { EtcdEndpoint, EtcdGateway } from '../etcd/etcd.ts';
import type { MachineReadings } from '../host/machine.ts';
import type { IdentityRenewal } from '../identity/identity-renewal.ts';
import { type JournalStore, openJournal } from '../journal/journal-store.ts';
import { type ConfReader, confReader } from '../model/conf.ts';
import { type LocalEtcd, localEtcd } from '../observe/local-etcd.ts';
import { type MachineWatch, machineWatch } from '../observe/machine.ts';
import type { ObserveDeps } from '../observe/observe.ts';
import type { ProgramKeeper } from '../programs/program-keeper.ts';
import type { StepDeps } from '../reconcile/apply/execution.ts';
import { type Reporter, reporter } from '../report/report.ts';
import { removeLeftSnapshots } from '../snapshots/snapshot-files.ts';
import { type WayBack, wayBackAsker } from './closed-way.ts';
import { attemptNote, noteBegin } from './journal-notes.ts';
import { freshMemory, keepMemory, type MemoryHolder } from './memory.ts';
import type { OverlayKeeper } from './overlay-keeper.ts';

export interface AgentDeps
  extends Omit<TalkDeps, 'coordinator'>,
    Omit<StepDeps, 'coordinator'>,
    Omit<ObserveDeps, 'localEtcd' | 'readCredential'> {
  readonly coordinator: Pick<CoordinatorClient, 'desiredState' | 'certificate' | 'report'>;
  readonly connectEtcd: (endpoint: EtcdEndpoint) => EtcdGateway;
  /** The releases that this node has fetched. */
  readonly programs: Pick<ProgramKeeper, 'tend' | 'stop'>;
  /** The program that this node restores a snapshot with; null for a client node, and while it is not known. */
  readonly restoreTool: () => Promise<RestoreToolReport | null>;
  readonly readings: MachineReadings;
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
  /** Whether an earlier minor version of etcd may be started. */
  readonly wayBack: WayBack;
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
  await removeRootCredential(host.files, paths.stateDir).catch((error: unknown) => {
    deps.log.warn(
      { problem: messageOf(error) },
      'the key of the etcd user root is not deleted; it is of use for an hour at most',
    );
  });
  const kept = await loadDesiredState({ files: host.files, stateDir: paths.stateDir, journal });
  if (kept.problem !== null) deps.log.warn({ problem: kept.problem }, 'the stored desired state is not used');
  // An earlier run may have had this number without storing it: the clock tells its reports from this one's.
  const after = Math.max(0, Math.floor(host.clock.now()));
  const memory = keepMemory(
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
    wayBack: wayBackAsker(deps, host.clock),
    run,
    memory,
  };
}

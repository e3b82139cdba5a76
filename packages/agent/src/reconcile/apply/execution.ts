import type { CoordinatorClient } from '../../coordinator/client.ts';
import type { AskClusterVersion } from '../../etcd/cluster-version.ts';
import type { EtcdGateway } from '../../etcd/etcd.ts';
import type { AskFormer } from '../../etcd/former-voter.ts';
import type { Probe } from '../../etcd/probe.ts';
import type { Prover } from '../../etcd/prove.ts';
import type { EtcdUnit, Host, Owner } from '../../host/host.ts';
import type { JournalStore } from '../../journal/journal-store.ts';
import type { MaintenanceErrand } from '../../maintenance/maintenance-errand.ts';
import type { Accepted, CurrentState, Paths } from '../../model/model.ts';
import type { InstalledEtcd } from '../../observe/etcd-version.ts';
import type { Failpoint } from '../../program/failpoints.ts';
import type { Log } from '../../program/log.ts';
import type { RestoreSnapshot } from '../../snapshots/restore-snapshot.ts';
import type { SnapshotErrand } from '../../snapshots/snapshot-errand.ts';

/** What the executors of steps need of the machine, of etcd and of the coordinator. */
export interface StepDeps {
  readonly host: Host;
  readonly paths: Paths;
  /** The owner of the credentials and the data directory; null: the user that runs the agent. */
  readonly etcdOwner: Owner | null;
  readonly coordinator: Pick<CoordinatorClient, 'certificate'>;
  readonly probe: Probe;
  readonly askFormer: AskFormer;
  readonly askClusterVersion: AskClusterVersion;
  readonly snapshots: SnapshotErrand;
  readonly maintenance: MaintenanceErrand;
  readonly restoreSnapshot: RestoreSnapshot;
  readonly prove: Prover;
  /** In milliseconds since the epoch: no moment before it can be now (R14). */
  readonly buildTime: number;
  readonly failpoint: Failpoint;
  readonly log: Log;
}

/** Everything that the executors of steps may use. */
export interface ExecutionContext extends StepDeps {
  readonly accepted: Accepted;
  /** What `accepted` wants is the coordinator's own word, and not what is put back. */
  readonly ordersBack: boolean;
  /** With the binary of what `accepted` wants: of its release, or of the package. */
  readonly unit: EtcdUnit;
  /** With the binary of the package. */
  readonly packageUnit: EtcdUnit;
  /** Of the etcd that the next start would run, as it is now. */
  readonly installedEtcd: () => Promise<InstalledEtcd | null>;
  /** True if another desired state has been accepted since the plan was made. */
  readonly superseded: () => boolean;
  readonly journal: JournalStore;
  /** A gateway to this node's etcd; null while there is no credential for it. */
  readonly gateway: () => Promise<EtcdGateway | null>;
  /** Observes the machine again: a check just before an act must not use an earlier observation (R2). */
  readonly observe: () => Promise<CurrentState>;
}

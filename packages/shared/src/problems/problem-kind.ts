import type { Rule } from '../diagnosis/rules/rule.ts';
import type { Happening } from '../events/event.ts';
import type { PurposeInForce, RenewedBy } from '../protocol/certificates-in-force.ts';
import type { ClusterState, MemberPhase, RolloutView } from '../protocol/clusters.ts';
import type { Severity } from '../protocol/notifications.ts';
import type { MachineReport, NodeStatus } from '../protocol/report.ts';
import type { AnyReason, Reason, ReasonCode } from '../reasons/reason.ts';

/** A kind of problem: the one entry that says how each part of Picket sees it. */
export interface ProblemKind {
  readonly subject: 'cluster' | 'member' | 'node' | 'coordinator' | 'operator';
  /** Left out: nobody is notified of it alone. */
  readonly alarm?: Alarm;
  /** The state of a cluster that is this problem. */
  readonly state?: ClusterState;
  /** The codes of what shows this problem: with `state` the headline, else a notice, or why it is found. */
  readonly shownBy?: readonly ReasonCode[];
  /** From where on it is found, and where it ends if that differs, for `picket explain`; left out: no figure says that. */
  readonly limit?: string;
  /** Whether such a notice says it in this case; left out: always. */
  readonly proves?: (notice: Reason) => boolean;
  /** Why a cluster, a member or the like has it; null: it has not. */
  readonly ofCluster?: (cluster: ClusterView) => Reason | null;
  readonly ofMember?: (member: MemberView) => Reason | null;
  readonly ofClient?: (client: ClientView) => Reason | null;
  readonly ofCoordinator?: (own: OwnSituation, now: number) => Reason | null;
  readonly ofCertificate?: (one: InForce, now: number) => Reason | null;
  readonly ofIdentity?: (one: IdentityView, now: number) => Reason | null;
  readonly ofSnapshots?: (snapshots: SnapshotsView, now: number) => Reason | null;
  /** The problem of the same thing that is less bad: no event tells of it while this one lasts. */
  readonly milder?: string;
  /** It ends when the data of its member gives way to other data. */
  readonly endsWithIncarnation?: true;
  /** How it is seen in what a machine reports. */
  readonly onMachine?: MachineDetection;
  /** What a diagnosis finds for it. */
  readonly causes?: readonly Rule[];
}

/** When and how somebody is notified of a problem. */
export interface Alarm {
  readonly severity: Severity;
  /** How long the problem must last before. */
  readonly afterMinutes: number;
  /** What a notification calls it. */
  readonly title: string;
  /** The page that helps, in docs/how-to and without `.md`. */
  readonly page: string;
}

/** The alarm with these. */
export function alarm(severity: Severity, afterMinutes: number, title: string, page: string): Alarm {
  return { severity, afterMinutes, title, page };
}

/** What the agent of a machine reports of it. */
export interface MachineView {
  readonly machine: MachineReport;
  /** What its agent waits for. */
  readonly waits: readonly AnyReason[];
}

/** What this status says of its machine. */
export function viewOf({ machine, agent }: Pick<NodeStatus, 'machine' | 'agent'>): MachineView {
  return { machine, waits: agent.waits };
}

/** How a problem begins and ends on a machine. */
export interface MachineDetection {
  /** Whether it lasts, if it did before or did not. A report that does not tell changes nothing. */
  readonly lasts: (view: MachineView, lasted: boolean) => boolean;
  /** What is to be said of a member while it lasts; null: the report does not tell enough. */
  readonly says: (member: string, view: MachineView) => Reason | null;
  /** The headline says it and no notice does; the command on the machine that shows more. */
  readonly look?: string;
  /** The events of its begin and its end on a node. Left out: no events. */
  readonly events?: {
    readonly begins: (node: NodeNamed, view: MachineView) => Happening;
    readonly ends: (node: NodeNamed & { readonly forMs: number }, view: MachineView) => Happening;
  };
}

interface NodeNamed {
  readonly nodeId: string;
  readonly name: string;
}

/** A problem that shows in a figure of the report; null: the report does not have it. */
export function inReport<Figure>(
  figureIn: (view: MachineView) => Figure | null,
  of: {
    readonly begins: (figure: Figure) => boolean;
    /** Well beyond where it begins, if events tell of it: a figure at the limit is one problem and not many. */
    readonly ends: (figure: Figure) => boolean;
    readonly says: (member: string, figure: Figure) => Reason | null;
  } & Pick<MachineDetection, 'look' | 'events'>,
): MachineDetection {
  return {
    ...of,
    lasts: (view, lasted) => {
      const figure = figureIn(view);
      if (figure === null) return lasted;
      return lasted ? !of.ends(figure) : of.begins(figure);
    },
    says: (member, view) => {
      const figure = figureIn(view);
      return figure === null ? null : of.says(member, figure);
    },
  };
}

/** What the coordinator knows of a cluster. */
export interface ClusterView {
  readonly rollout: { readonly state: RolloutView['state']; readonly reason: AnyReason | null } | null;
}

interface Named {
  readonly cluster: string;
  readonly name: string;
}

/** What the coordinator knows of a member. */
export interface MemberView extends Named {
  readonly phase: MemberPhase;
  /** The desired state that was published to its node. */
  readonly generation: number;
  /** Why its reports do not count; null if they count. */
  readonly uncounted: AnyReason | null;
  /** Its last report; null unless that is recent and counts. */
  readonly status: NodeStatus | null;
}

/** What the coordinator knows of a client. */
export interface ClientView extends Named {
  /** Milliseconds; null if it has never reported. */
  readonly silentMs: number | null;
  /** As of a member. */
  readonly generation: number;
  readonly status: NodeStatus | null;
}

/** A certificate that its holder uses now, as `CertificateInForce` shows it. Times are milliseconds since the epoch. */
export interface InForce {
  readonly purpose: PurposeInForce;
  readonly cluster: string | null;
  readonly holder: string;
  readonly serial: string;
  readonly from: number;
  readonly until: number;
  readonly renewedBy: RenewedBy;
  readonly renewalDue: number | null;
}

/** The identity of a node. */
export interface IdentityView {
  readonly name: string;
  readonly nodeId: string;
  readonly kind: 'member' | 'client';
  /** When its certificate ends; null for one that ended long ago. */
  readonly endsAt: number | null;
  /** For how long such a certificate is valid, in milliseconds. */
  readonly lifetimeMs: number;
  /** Since when and why it gets no certificates; null: it gets them. */
  readonly frozen: { readonly at: number; readonly because: AnyReason } | null;
}

/** The snapshots of a cluster. */
export interface SnapshotsView {
  /** When the last one was taken; null: none was. */
  readonly lastAt: number | null;
  /** The attempts that have failed since. */
  readonly failure: { readonly reason: AnyReason; readonly count: number } | null;
  /** 0: no schedule. */
  readonly everyMinutes: number;
  readonly rehearsal: RehearsalsSeen;
}

/** The rehearsals of restoring the snapshots of a cluster. */
interface RehearsalsSeen {
  /** When the last one worked; null: none has. */
  readonly workedAt: number | null;
  /** The last one, if it failed. */
  readonly failure: { readonly snapshot: string; readonly reason: AnyReason; readonly count: number } | null;
  /** 0: no schedule. */
  readonly everyHours: number;
}

/** What the coordinator knows of itself. */
export interface OwnSituation {
  readonly clusters: number;
  /** Milliseconds since the epoch; null if none is known. */
  readonly lastBackupAt: number | null;
  /** Where the last attempt to store one failed, and why. */
  readonly backupFailures: readonly { readonly target: string; readonly reason: AnyReason }[];
  /** Of the disk with the store; null if it cannot be read. */
  readonly freeBytes: number | null;
}

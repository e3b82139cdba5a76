import { nothingLasts } from '@picket/shared/problems/lasting.ts';
import type { AnyReason } from '@picket/shared/reasons/reason.ts';
import type { Instant } from './instant.ts';
import type { InstantsIn } from './instants-in.ts';
import { mapped } from './mapped.ts';

/**
 * What lasts for a while in a cluster, as its events have told it. Stored with the cluster, so that a restart of the
 * coordinator neither repeats nor loses an event. No decision depends on it.
 */
export interface Conditions {
  /** By node ID. */
  readonly nodes: Readonly<Record<string, NodeConditions>>;
  readonly cluster: ClusterConditions;
}

/** How much was recorded about one node, or about the cluster, in the present hour (R18). */
export interface Tally {
  readonly since: Instant;
  readonly spent: number;
}

/** The conditions of one node, or of the cluster. */
export interface Subject {
  readonly tally: Tally;
  /** Since when each problem lasts that events have told, by its code. */
  readonly lasting: Readonly<Record<string, Instant>>;
}

export interface NodeConditions extends Subject {
  /** The start of the agent's present run, by the node's clock; null before its first report. */
  readonly run: string | null;
  /** The incarnation that it reported, and the count of restarts then. */
  readonly incarnation: string | null;
  readonly restarts: number;
  /** How often the etcd of this incarnation has ended unexpectedly, without a day between two of them; and the last time. */
  readonly endings: number;
  readonly endedAt: Instant | null;
}

export interface ClusterConditions extends Subject {
  /** etcd's authentication is on. */
  readonly authenticationOn: boolean;
  /** The formation in which that was seen last; left out before the first restore. */
  readonly authenticationIn?: number;
  /** In the term that a majority of the voters has reported last. */
  readonly leader: { readonly clusterId: string; readonly memberId: string; readonly term: number } | null;
}

/** What was seen and has no event yet. It is kept in memory only, and starts empty with the coordinator. */
export interface Unrecorded {
  /** Since when a voter has not served, by node ID. */
  readonly ailing: Readonly<Record<string, Instant>>;
  /** How an etcd ended that was not restarted yet, by node ID. */
  readonly ended: Readonly<Record<string, AnyReason>>;
  /** When a member last answered a linearizable read. */
  readonly lastRead: Instant | null;
  /** Reports from before the coordinator's start, or before a step of its clock, by node ID: they say nothing about now. */
  readonly old: Readonly<Record<string, OldReport>>;
  /** The changes beyond what an hour may record, by node ID, or under {@link ofCluster}. */
  readonly withheld: Readonly<Record<string, Withheld>>;
}

export interface OldReport {
  /** As dated then. */
  readonly receivedAt: Instant;
  /** The same moment by the present clock. */
  readonly at: Instant;
}

export interface Withheld {
  /** The kinds of event that the last of them would have had. */
  readonly kinds: string;
  readonly count: number;
}

/** No node ID is empty. */
export const ofCluster = '';

const noTally: Tally = { since: 0, spent: 0 };

/** Of a node that has not reported yet. */
export const noNodeConditions: NodeConditions = {
  tally: noTally,
  run: null,
  incarnation: null,
  restarts: 0,
  endings: 0,
  endedAt: null,
  lasting: nothingLasts,
};

export const noConditions: Conditions = {
  nodes: {},
  cluster: { tally: noTally, lasting: nothingLasts, authenticationOn: false, leader: null },
};

export const nothingUnrecorded: Unrecorded = { ailing: {}, ended: {}, lastRead: null, old: {}, withheld: {} };

/** As they were stored; what lasts on no machine is {@link nothingLasts} again. */
export function completeConditions(stored: Partial<Conditions>): Conditions {
  const nodes = mapped(stored.nodes ?? {}, ({ lasting = {}, ...node }: Partial<NodeConditions>) => {
    return { ...noNodeConditions, ...node, lasting: Object.keys(lasting).length === 0 ? nothingLasts : lasting };
  });
  return { nodes, cluster: { ...noConditions.cluster, ...stored.cluster } };
}

/** If the clock is set, none of the conditions lasts longer or shorter for that. */
export const instantsOfConditions: InstantsIn<Conditions> = {
  nodes: { each: { tally: { since: true }, lasting: { each: true }, endedAt: true } },
  cluster: { tally: { since: true }, lasting: { each: true } },
};
/** The same for what has no event yet, apart from the reports. */
export const instantsOfUnrecorded: InstantsIn<Omit<Unrecorded, 'old'>> = { ailing: { each: true }, lastRead: true };

import { type Lasting, nothingLasts } from '@picket/shared/problems/lasting.ts';
import type { AnyReason } from '@picket/shared/reasons/reason.ts';
import type { Instant } from './instant.ts';
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

export interface Tallied {
  readonly tally: Tally;
}

export interface NodeConditions extends Tallied {
  /** The start of the agent's present run, by the node's clock; null before its first report. */
  readonly run: string | null;
  /** The incarnation that it reported, and the count of restarts then. */
  readonly life: string | null;
  readonly restarts: number;
  /** How often the etcd of this life has ended unexpectedly, without a day between two of them; and the last time. */
  readonly endings: number;
  readonly endedAt: Instant | null;
  /** Since when each problem lasts that events have told. */
  readonly lasting: Lasting;
}

export interface ClusterConditions extends Tallied {
  /** null while there is a quorum, and before there is a voter. */
  readonly withoutQuorum: { readonly state: 'lost' | 'unknown'; readonly since: Instant } | null;
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
  life: null,
  restarts: 0,
  endings: 0,
  endedAt: null,
  lasting: nothingLasts,
};

export const noConditions: Conditions = {
  nodes: {},
  cluster: { tally: noTally, withoutQuorum: null, authenticationOn: false, leader: null },
};

export const nothingUnrecorded: Unrecorded = { ailing: {}, ended: {}, lastRead: null, old: {}, withheld: {} };

/** As they were stored; what lasts on no machine is {@link nothingLasts} again. */
export function completeConditions(stored: Partial<Conditions>): Conditions {
  const nodes = mapped(stored.nodes ?? {}, ({ lasting = {}, ...node }: Partial<NodeConditions>) => {
    return { ...noNodeConditions, ...node, lasting: Object.keys(lasting).length === 0 ? nothingLasts : lasting };
  });
  return { ...noConditions, ...stored, nodes };
}

/** The conditions after the clock was set by this many milliseconds: none of them lasts longer or shorter for that. */
export function shiftedConditions({ nodes, cluster }: Conditions, byMs: number): Conditions {
  const moved = ({ since, spent }: Tally): Tally => ({ since: since + byMs, spent });
  const { withoutQuorum } = cluster;
  return {
    nodes: mapped(nodes, (node) => ({
      ...node,
      tally: moved(node.tally),
      endedAt: shifted(node.endedAt, byMs),
      lasting: mapped(node.lasting, (since) => since + byMs),
    })),
    cluster: {
      ...cluster,
      tally: moved(cluster.tally),
      withoutQuorum: withoutQuorum === null ? null : { ...withoutQuorum, since: withoutQuorum.since + byMs },
    },
  };
}

/** The same for what has no event yet, apart from the reports. */
export function shiftedUnrecorded<Part extends Pick<Unrecorded, 'ailing' | 'lastRead'>>(
  part: Part,
  byMs: number,
): Part {
  return { ...part, ailing: mapped(part.ailing, (at) => at + byMs), lastRead: shifted(part.lastRead, byMs) };
}

function shifted(at: Instant | null, byMs: number): Instant | null {
  return at === null ? null : at + byMs;
}

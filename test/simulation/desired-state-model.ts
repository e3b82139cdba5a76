import { ordersTo } from '@picket/coordinator/controller/orders.ts';
import { minorsOf } from '@picket/coordinator/desired-state/node-state.ts';
import { configurationOf, tuningIn } from '@picket/coordinator/model/configuration-of.ts';
import { secondsOnNode } from '@picket/coordinator/model/held.ts';
import { memberNames } from '@picket/coordinator/model/member-names.ts';
import type { Mutation } from '@picket/coordinator/model/membership-progress.ts';
import type { ClusterProgress } from '@picket/coordinator/model/progress.ts';
import { minorIn } from '@picket/coordinator/model/upgrade-stage.ts';
import { peerUrlsOf } from '@picket/coordinator/model/urls.ts';
import { leaseSeconds } from '@picket/coordinator/model/waits.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { EtcdConf } from './etcd-model.ts';

/** For how long a member is held at most, unless its hold is extended. */
export const holdSeconds = 300;

/** The part of a desired state that sets something going on a node. */
export interface DesiredModel {
  readonly etcd: EtcdConf | null;
  /** The release that it should run, also before its turn; null: the package. */
  readonly release: string | null;
  readonly retired: readonly string[];
  /** An order for etcd's own downgrade, or for its end. */
  readonly maintenance: { readonly id: string; readonly to: string | null; readonly validForSeconds: number } | null;
  /** An upgrade needs raft snapshots, and their indexes are reported. */
  readonly watchRaftSnapshots: boolean;
  readonly step: { readonly id: string; readonly mutation: Mutation; readonly validForSeconds: number } | null;
  readonly permit: {
    readonly id: string;
    readonly act: 'restart' | 'hold';
    /** Of a restart: an operator has asked for it. */
    readonly asked: boolean;
    /** Of a hold: how long etcd stays down for it. */
    readonly forSeconds?: number;
    readonly validForSeconds: number;
  } | null;
}

/** A minimal stand-in for desired-state/node-state.ts: the same releases and withdrawals, without certificates. */
export function minimalDesiredState(spec: ClusterSpec, progress: ClusterProgress, name: string): DesiredModel {
  const { assignment, permit } = progress;
  const { maintenance, watchRaftSnapshots } = ordersTo(progress, name);
  return {
    etcd: etcdWanted(spec, progress, name),
    release: configurationOf(spec, progress, name).etcd?.version ?? null,
    retired: progress.retired.filter(({ member }) => member === name).map(({ incarnation }) => incarnation),
    maintenance: maintenance?.kind === 'downgrade' ? maintenance : null,
    watchRaftSnapshots: watchRaftSnapshots === true,
    step:
      assignment?.executor === name
        ? { id: assignment.id, mutation: assignment.mutation, validForSeconds: leaseSeconds }
        : null,
    permit:
      permit?.member === name && permit.withdrawnAt === null
        ? {
            id: permit.id,
            act: permit.hold === undefined ? 'restart' : 'hold',
            asked: permit.asked === true,
            ...(permit.hold === undefined ? {} : { forSeconds: secondsOnNode(permit.hold) }),
            validForSeconds: leaseSeconds,
          }
        : null,
  };
}

function etcdWanted(spec: ClusterSpec, progress: ClusterProgress, name: string): EtcdConf | null {
  const present = progress.members[name];
  if (present === undefined || present.phase === 'adding' || progress.formation === null) return null;
  if (present.leaving?.machineGone === true) return null;
  const minors = minorsOf(progress, minorIn(configurationOf(spec, progress, name), progress));
  return {
    incarnation: present.incarnation,
    state: present.phase === 'founding' ? 'new' : 'existing',
    token: progress.formation.token,
    peerUrls: memberNames({ spec, progress })
      .filter((member) => (progress.members[member]?.phase ?? 'adding') !== 'adding')
      .flatMap((member) => peerUrlsOf(spec, progress, member)),
    tuning: configurationOf(spec, progress, name).tuning.heartbeatIntervalMs,
    snapshotCount: tuningIn(configurationOf(spec, progress, name)).snapshotCount,
    release: configurationOf(spec, progress, name).etcd?.version ?? null,
    minor: minors.minor ?? null,
    from: minors.from ?? null,
  };
}

import type { EtcdConfig } from '@picket/shared/etcd-config/model.ts';
import type { EtcdWanted } from '@picket/shared/protocol/desired-state.ts';
import type { AnyReason } from '@picket/shared/reasons/reason.ts';
import type { ConfReader } from '../../../model/conf.ts';
import { foreignConf } from '../../../model/managed-files.ts';
import type { AcceptedMember, AgentStep, CurrentState, Paths } from '../../../model/model.ts';
import { programOf } from '../../../model/program.ts';
import { type OtherVersion, otherVersion } from '../../../model/version-guard.ts';
import { type DataDir, dataDirOf, lostDataReason } from '../../data-dir.ts';
import { readConf } from '../../read-conf.ts';
import { confKeyOf, restartKeyOf } from '../../restart-key.ts';
import type { StartStep } from './steps.ts';

/** What planning for etcd and its files needs beside the state itself. */
export interface EtcdSituation {
  readonly accepted: AcceptedMember;
  readonly current: CurrentState;
  readonly paths: Paths;
  readonly reader: ConfReader;
  /** Why the certificates keep etcd from being started; null if they do not. */
  readonly obstacle: AnyReason | null;
}

/** Which incarnation is wanted here, and which one this node has. */
export interface IncarnationFacts extends EtcdSituation {
  readonly wanted: EtcdWanted | null;
  /** The incarnation in which etcd was last started. */
  readonly ran: string | null;
  readonly running: boolean;
  /** The coordinator has retired the wanted incarnation. */
  readonly retiredItself: boolean;
  /**
   * Every act that could lose data needs an explicit order: unless the coordinator names the old incarnation as retired, no
   * incarnation begins in its place.
   */
  readonly passes: boolean;
  /** Why conf.yml stays as it is; null if it may be written. */
  readonly foreign: AnyReason | null;
}

/** The same, with what is known of the wanted incarnation. */
export interface WantedFacts extends IncarnationFacts {
  readonly wanted: EtcdWanted;
  /** Why its conf.yml cannot be used; null if it can. */
  readonly refused: AnyReason | null;
  readonly config: EtcdConfig | null;
  readonly start: StartStep | null;
  readonly dir: DataDir;
  /** Why its data is missing; null if it exists. */
  readonly lost: AnyReason | null;
  /** The installed etcd, if it is of another minor version than this incarnation runs (R17). */
  readonly other: OtherVersion | null;
  /**
   * No snapshot and no member list: while the leader's snapshot arrives, a joiner's log is empty and its client port
   * closed.
   */
  readonly founds: boolean;
  /** Steps that stop the previous incarnation. */
  readonly before: readonly AgentStep[];
}

export function incarnationFacts(situation: EtcdSituation): IncarnationFacts {
  const { accepted, current, paths } = situation;
  const { etcd: wanted, retired } = accepted.document;
  const ran = current.journal.startedWith?.incarnation ?? null;
  return {
    ...situation,
    wanted,
    ran,
    running: current.service.kind === 'running',
    retiredItself: wanted !== null && retired.includes(wanted.incarnation),
    passes: ran === null || ran === wanted?.incarnation || retired.includes(ran),
    foreign: foreignConf(current, paths),
  };
}

export function wantedFacts(
  facts: IncarnationFacts,
  wanted: EtcdWanted,
  before: readonly AgentStep[] = [],
): WantedFacts {
  const { accepted, current, paths, reader } = facts;
  const conf = readConf(accepted.document, wanted, paths, reader);
  const config = 'config' in conf ? conf.config : null;
  return {
    ...facts,
    wanted,
    refused: 'refused' in conf ? conf.refused : null,
    config,
    start: config === null ? null : startStep(wanted, config, accepted),
    dir: dataDirOf(wanted.incarnation, current),
    lost: lostDataReason(wanted.incarnation, current, paths.dataRoot),
    other: otherVersion(wanted.incarnation, current, wanted),
    founds: wanted.restore === undefined && wanted.initialClusterState === 'new',
    before,
  };
}

/** null for a release that the coordinator's store does not have for this machine: nothing else replaces it. */
function startStep(wanted: EtcdWanted, config: EtcdConfig, { document }: AcceptedMember): StartStep | null {
  const { incarnation } = wanted;
  const program = document.program === undefined ? null : programOf(document.program);
  if (program === null && document.program !== undefined) return null;
  return {
    kind: 'start-etcd',
    incarnation,
    restartKey: restartKeyOf(config, document.trust, program),
    confKey: confKeyOf(config, program),
    ...(program === null ? {} : { program }),
  };
}

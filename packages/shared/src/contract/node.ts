import * as Type from 'typebox';
import { CertificateAnswer, CertificateRequest } from '../protocol/certificates.ts';
import { HoldRequest, OwnMember } from '../protocol/clusters.ts';
import { LogAnswer, LogTaken, mostLogBytes } from '../protocol/logs.ts';
import { strict } from '../protocol/primitives.ts';
import { ReportAnswer, ReportRequest } from '../protocol/report.ts';
import { SnapshotEnd, SnapshotPartAnswer, snapshotPartBytes } from '../protocol/snapshots.ts';
import type { Contracts } from './contract.ts';
import { csrErrors, orderErrors, storeErrors } from './errors.ts';
import { AtOffset, ByHash, ById, partSeconds } from './schemas.ts';

const PollQuery = Type.Object({ wait: Type.Optional(Type.String({ pattern: '^[0-9]{1,3}$' })) }, strict);
const InSnapshot = Type.Object({ offset: Type.String({ pattern: '^[0-9]{1,15}$' }) }, strict);

const withheldErrors = ['identity_frozen', 'node_is_client', 'node_quarantined', 'state_not_rendered'] as const;
const partErrors = ['cluster_frozen', 'node_is_client', 'snapshot_not_wanted'] as const;

/** What a node may ask for: only about itself (R8). */
export const nodeContracts = {
  /** The published document, with its ETag; 304 if it is that of `if-none-match`. */
  desiredState: {
    route: 'GET /v1/node/desired-state',
    access: 'node',
    query: PollQuery,
    waits: true,
    errors: ['cluster_frozen', 'node_not_heard', 'node_quarantined', 'state_not_rendered'],
  },
  certificate: {
    route: 'POST /v1/node/certificates',
    access: 'node',
    body: CertificateRequest,
    answers: { 200: CertificateAnswer },
    errors: [...csrErrors, 'identity_frozen', 'identity_key_used', 'purpose_not_wanted'],
  },
  report: {
    route: 'POST /v1/node/report',
    access: 'node',
    body: ReportRequest,
    answers: { 200: ReportAnswer },
    errors: ['report_basis_unknown', 'report_superseded'],
  },
  /** The state of this node's member as the coordinator knows it. */
  member: { route: 'GET /v1/node/member', access: 'node', answers: { 200: OwnMember }, errors: ['node_is_client'] },
  /** The hold is granted, and not yet begun. */
  hold: {
    route: 'POST /v1/node/hold',
    access: 'node',
    body: HoldRequest,
    answers: { 200: OwnMember },
    errors: [...orderErrors, ...withheldErrors, 'disruption_refused'],
  },
  release: {
    route: 'POST /v1/node/release',
    access: 'node',
    body: Type.Object({}, strict),
    answers: { 200: OwnMember },
    errors: [...withheldErrors, 'cluster_frozen', 'member_not_declared', 'member_not_held'],
  },
  /** Sends one part of the snapshot that the coordinator ordered from this node. */
  snapshotPart: {
    route: 'PUT /v1/node/snapshots/:id',
    access: 'node',
    params: ById,
    query: InSnapshot,
    bodyLimit: snapshotPartBytes,
    sendsOctets: true,
    answers: { 200: SnapshotPartAnswer },
    errors: [...partErrors, 'snapshot_no_room', 'snapshot_part_misplaced', 'snapshot_share_used'],
    seconds: partSeconds,
  },
  /** The coordinator reads, verifies and stores all of the snapshot before it answers. */
  snapshotEnd: {
    route: 'POST /v1/node/snapshots/:id',
    access: 'node',
    params: ById,
    body: SnapshotEnd,
    answers: { 200: SnapshotPartAnswer },
    errors: [...partErrors, 'snapshot_invalid', 'snapshot_not_database', 'snapshot_part_misplaced'],
    seconds: 600,
  },
  /** One part of the snapshot from which this node starts; empty at its end. */
  readSnapshot: {
    route: 'GET /v1/node/snapshots/:id',
    access: 'node',
    params: ById,
    query: InSnapshot,
    errors: [...partErrors, ...storeErrors, 'snapshot_damaged'],
    seconds: partSeconds,
  },
  /** One part of the program that the desired state names; empty at its end. */
  readRelease: {
    route: 'GET /v1/node/releases/:sha256',
    access: 'node',
    params: ByHash,
    query: AtOffset,
    errors: ['cluster_frozen', 'release_not_wanted'],
    seconds: partSeconds,
  },
  /** One part of the backup of the coordinator that the answer to a report names; empty at its end. */
  readBackup: {
    route: 'GET /v1/node/backups/:sha256',
    access: 'node',
    params: ByHash,
    query: AtOffset,
    errors: ['backup_copy_not_wanted', 'identity_frozen'],
    seconds: partSeconds,
  },
  /** This node has a copy of it, whole and on its disk. */
  backupKept: {
    route: 'POST /v1/node/backups/:sha256',
    access: 'node',
    params: ByHash,
    body: Type.Object({}, strict),
    answers: { 200: Type.Object({}) },
    errors: ['backup_copy_not_wanted', 'identity_frozen'],
  },
  /** Answers an order to read a log. The limit is for what stands around the lines too. */
  sendLog: {
    route: 'POST /v1/node/logs/:id',
    access: 'node',
    params: ById,
    body: LogAnswer,
    bodyLimit: mostLogBytes + 8192,
    answers: { 200: LogTaken },
    errors: ['log_order_unknown'],
  },
} as const satisfies Contracts;

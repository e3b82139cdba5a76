import {
  RehearsalBegun,
  RehearsalRequest,
  RestoreRequest,
  SnapshotAsked,
  SnapshotImport,
  SnapshotImportBegun,
  SnapshotImportEnd,
  SnapshotPartAnswer,
  SnapshotState,
  SnapshotTake,
  SnapshotVerified,
  SnapshotView,
  snapshotPartBytes,
} from '../protocol/snapshots.ts';
import type { Contracts } from './contract.ts';
import { storeErrors } from './errors.ts';
import { AtOffset, ByCluster, ById, nothing, orNone, pagesOf, partSeconds } from './schemas.ts';

/** The coordinator reads the whole snapshot before it answers, perhaps from a slow disk. */
const readingSeconds = 1800;

/** What operators do with snapshots. */
export const snapshotContracts = {
  snapshots: { route: 'GET /v1/snapshots', access: 'viewer', ...pagesOf(SnapshotView) },
  snapshot: { route: 'GET /v1/snapshots/:id', access: 'viewer', params: ById, answers: { 200: SnapshotView } },
  verifySnapshot: {
    route: 'POST /v1/snapshots/:id/verify',
    access: 'operator',
    params: ById,
    answers: { 200: SnapshotVerified },
    errors: [...storeErrors, 'snapshot_damaged'],
    seconds: readingSeconds,
  },
  removeSnapshot: {
    route: 'DELETE /v1/snapshots/:id',
    access: 'admin',
    params: ById,
    answers: nothing,
    errors: [...storeErrors, 'snapshot_needed'],
  },
  /** A snapshot holds all data of the cluster, including secrets of k3s: viewers must not get it. */
  snapshotContent: {
    route: 'GET /v1/snapshots/:id/content',
    access: 'operator',
    params: ById,
    errors: [...storeErrors, 'snapshot_damaged'],
  },
  snapshotState: {
    route: 'GET /v1/clusters/:name/snapshots',
    access: 'viewer',
    params: ByCluster,
    answers: { 200: SnapshotState },
  },
  takeSnapshot: {
    route: 'POST /v1/clusters/:name/snapshots',
    access: 'operator',
    params: ByCluster,
    body: orNone(SnapshotTake),
    answers: { 202: SnapshotAsked },
    errors: ['cluster_deleted', 'cluster_restoring', 'etcd_authentication_on', 'snapshot_refused'],
  },
  /** As a restore: the file may become the data of the cluster. */
  beginSnapshotImport: {
    route: 'POST /v1/clusters/:name/snapshot-imports',
    access: 'admin',
    params: ByCluster,
    body: SnapshotImport,
    answers: { 201: SnapshotImportBegun },
    errors: [
      'cluster_deleted',
      'snapshot_import_refused',
      'snapshot_import_running',
      'snapshot_no_room',
      'snapshot_share_used',
    ],
  },
  sendSnapshotImportPart: {
    route: 'PUT /v1/snapshot-imports/:id/content',
    access: 'admin',
    params: ById,
    query: AtOffset,
    bodyLimit: snapshotPartBytes,
    sendsOctets: true,
    answers: { 200: SnapshotPartAnswer },
    errors: ['snapshot_import_misplaced', 'snapshot_import_refused', 'snapshot_no_room', 'snapshot_share_used'],
    seconds: partSeconds,
  },
  endSnapshotImport: {
    route: 'POST /v1/snapshot-imports/:id',
    access: 'admin',
    params: ById,
    body: SnapshotImportEnd,
    answers: { 201: SnapshotView },
    errors: ['cluster_deleted', 'snapshot_import_misplaced', 'snapshot_import_refused'],
    seconds: readingSeconds,
  },
  abandonSnapshotImport: {
    route: 'DELETE /v1/snapshot-imports/:id',
    access: 'admin',
    params: ById,
    answers: nothing,
  },
  rehearseSnapshot: {
    route: 'POST /v1/clusters/:name/rehearsals',
    access: 'operator',
    params: ByCluster,
    body: orNone(RehearsalRequest),
    answers: { 202: RehearsalBegun },
    errors: ['cluster_deleted', 'rehearsal_refused', 'rehearsal_running'],
  },
  restoreCluster: {
    route: 'POST /v1/clusters/:name/restore',
    access: 'admin',
    params: ByCluster,
    body: RestoreRequest,
    answers: { 200: SnapshotView },
    errors: [
      ...storeErrors,
      'cluster_deleted',
      'last_snapshot_later',
      'restore_loses_writes',
      'restore_needs_name',
      'restore_refused',
      'restore_running',
      'restore_snapshot_first',
      'restore_snapshot_old',
      'restore_unproven',
      'snapshot_damaged',
    ],
    seconds: readingSeconds,
  },
} as const satisfies Contracts;

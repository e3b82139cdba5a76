import * as Type from 'typebox';
import { AdvisoriesView } from '../protocol/advisories.ts';
import { AuthenticationAsked, AuthenticationRequest, AuthenticationState } from '../protocol/authentication.ts';
import {
  ChangedClusterView,
  ClusterChange,
  ClusterCreate,
  ClusterStatusView,
  ClusterView,
  DeleteRequest,
  DeletionView,
  HoldRequest,
  ReplaceRequest,
  ResetRequest,
} from '../protocol/clusters.ts';
import { DiagnosisView } from '../protocol/diagnosis.ts';
import { HistoryQuery, HistoryView } from '../protocol/history.ts';
import { PageQuery, pageSchema } from '../protocol/page.ts';
import { ClusterName, MemberName, strict } from '../protocol/primitives.ts';
import { RevertRequest, RevisionView, RolloutOrder } from '../protocol/revisions.ts';
import { DowngradeQuery, DowngradeRequest, UpgradePlan, UpgradeQuery, UpgradeRequest } from '../protocol/upgrades.ts';
import type { Contracts } from './contract.ts';
import { orderErrors } from './errors.ts';
import { ByCluster, orNone } from './schemas.ts';

const ByMember = Type.Object({ name: ClusterName, member: MemberName }, strict);
const ByRevision = Type.Object({ name: ClusterName, revision: Type.String({ pattern: '^[1-9][0-9]{0,9}$' }) }, strict);
/** `deleted=true`: what is kept of those that are deleted. */
const ClusterQuery = Type.Object({ ...PageQuery.properties, deleted: Type.Optional(Type.Literal('true')) }, strict);

const ofCluster = { params: ByCluster, answers: { 200: ClusterView } } as const;
const ofMember = { params: ByMember, answers: { 200: ClusterView } } as const;

/** Clusters and their members. */
export const clusterContracts = {
  createCluster: {
    route: 'POST /v1/clusters',
    access: 'operator',
    body: ClusterCreate,
    answers: { 201: ClusterView },
    errors: [
      'cluster_exists',
      'release_missing',
      'release_refused_for_cluster',
      'too_many_clusters',
      'too_many_members',
    ],
  },
  clusters: {
    route: 'GET /v1/clusters',
    access: 'viewer',
    query: ClusterQuery,
    answers: { 200: pageSchema(ClusterView) },
  },
  cluster: { route: 'GET /v1/clusters/:name', access: 'viewer', ...ofCluster },
  /** One change at a time: `revision_conflict` if another came first. */
  changeCluster: {
    route: 'PATCH /v1/clusters/:name',
    access: 'operator',
    params: ByCluster,
    body: ClusterChange,
    ifMatch: 'always',
    answers: { 200: ChangedClusterView },
    errors: [
      'cluster_deleted',
      'cluster_frozen',
      'etcd_authentication_on',
      'member_not_declared',
      'minor_needs_upgrade',
      'quota_too_small',
      'release_missing',
      'release_refused_for_cluster',
      'remove_refused',
      'revision_conflict',
      'setting_fixed',
      'too_many_members',
      'upgrade_under_way',
    ],
  },
  status: {
    route: 'GET /v1/clusters/:name/status',
    access: 'viewer',
    params: ByCluster,
    answers: { 200: ClusterStatusView },
  },
  /** Causes, by the same reasons as the status. */
  diagnosis: {
    route: 'GET /v1/clusters/:name/diagnosis',
    access: 'viewer',
    params: ByCluster,
    answers: { 200: DiagnosisView },
  },
  /** The known faults of the etcd that its members run. */
  advisories: {
    route: 'GET /v1/clusters/:name/advisories',
    access: 'viewer',
    params: ByCluster,
    answers: { 200: AdvisoriesView },
  },
  /** What the members reported: of all of them, all metrics and the last day unless the query says otherwise. */
  history: {
    route: 'GET /v1/clusters/:name/history',
    access: 'viewer',
    params: ByCluster,
    query: HistoryQuery,
    answers: { 200: HistoryView },
    errors: ['member_not_declared'],
  },
  unfreezeCluster: {
    route: 'POST /v1/clusters/:name/unfreeze',
    access: 'admin',
    ...ofCluster,
    errors: ['cluster_frozen', 'cluster_overtaken', 'not_frozen'],
  },
  resetCluster: {
    route: 'POST /v1/clusters/:name/reset',
    access: 'admin',
    ...ofCluster,
    body: orNone(ResetRequest),
    errors: ['cluster_deleted', 'reset_needs_name', 'reset_refused'],
  },
  deleteCluster: {
    route: 'POST /v1/clusters/:name/delete',
    access: 'admin',
    params: ByCluster,
    body: orNone(DeleteRequest),
    answers: { 200: DeletionView },
    errors: ['cluster_deleted', 'delete_needs_name', 'delete_refused', 'etcd_authentication_on', 'last_snapshot_later'],
  },
  replaceMember: {
    route: 'POST /v1/clusters/:name/members/:member/replace',
    access: 'admin',
    ...ofMember,
    body: ReplaceRequest,
    errors: [
      'already_so',
      'cluster_deleted',
      'cluster_restoring',
      'etcd_authentication_on',
      'member_not_declared',
      'replace_refused',
    ],
  },
  holdMember: {
    route: 'POST /v1/clusters/:name/members/:member/hold',
    access: 'operator',
    ...ofMember,
    body: HoldRequest,
    errors: [...orderErrors, 'disruption_refused'],
  },
  restartMember: {
    route: 'POST /v1/clusters/:name/members/:member/restart',
    access: 'operator',
    ...ofMember,
    errors: [...orderErrors, 'disruption_refused'],
  },
  releaseMember: {
    route: 'POST /v1/clusters/:name/members/:member/release',
    access: 'operator',
    ...ofMember,
    errors: ['member_not_declared', 'member_not_held'],
  },
  moveLeader: {
    route: 'POST /v1/clusters/:name/members/:member/move-leader',
    access: 'operator',
    ...ofMember,
    errors: ['already_so', ...orderErrors, 'handover_refused'],
  },
  keepMember: {
    route: 'POST /v1/clusters/:name/members/:member/keep',
    access: 'admin',
    ...ofMember,
    errors: ['already_so', 'cluster_deleted', 'cluster_restoring', 'keep_refused', 'member_not_declared'],
  },
  revisions: {
    route: 'GET /v1/clusters/:name/revisions',
    access: 'viewer',
    params: ByCluster,
    query: PageQuery,
    answers: { 200: pageSchema(RevisionView) },
  },
  revision: {
    route: 'GET /v1/clusters/:name/revisions/:revision',
    access: 'viewer',
    params: ByRevision,
    answers: { 200: RevisionView },
    errors: ['revision_unknown'],
  },
  revertCluster: {
    route: 'POST /v1/clusters/:name/revert',
    access: 'operator',
    ...ofCluster,
    body: RevertRequest,
    ifMatch: 'always',
    errors: [
      'cluster_deleted',
      'cluster_frozen',
      'etcd_authentication_on',
      'minor_needs_upgrade',
      'quota_too_small',
      'release_missing',
      'release_refused_for_cluster',
      'remove_refused',
      'revision_conflict',
      'revision_unknown',
      'upgrade_under_way',
    ],
  },
  /** It changes nothing. */
  upgradePlan: {
    route: 'GET /v1/clusters/:name/upgrade',
    access: 'viewer',
    params: ByCluster,
    query: UpgradeQuery,
    answers: { 200: UpgradePlan },
    errors: ['already_so', 'release_missing', 'release_refused_for_cluster', 'upgrade_refused'],
  },
  /** After the founding, no other request brings another minor version. */
  upgradeCluster: {
    route: 'POST /v1/clusters/:name/upgrade',
    access: 'operator',
    ...ofCluster,
    body: UpgradeRequest,
    ifMatch: 'always',
    errors: [
      'already_so',
      'cluster_deleted',
      'cluster_frozen',
      'release_missing',
      'release_refused_for_cluster',
      'revision_conflict',
      'upgrade_refused',
    ],
  },
  /** It changes nothing. */
  downgradePlan: {
    route: 'GET /v1/clusters/:name/downgrade',
    access: 'viewer',
    params: ByCluster,
    query: DowngradeQuery,
    answers: { 200: UpgradePlan },
    errors: ['downgrade_refused', 'release_missing', 'release_refused_for_cluster'],
  },
  /** Through etcd's own downgrade. */
  downgradeCluster: {
    route: 'POST /v1/clusters/:name/downgrade',
    access: 'operator',
    ...ofCluster,
    body: DowngradeRequest,
    ifMatch: 'always',
    errors: [
      'cluster_deleted',
      'cluster_frozen',
      'downgrade_refused',
      'release_missing',
      'release_refused_for_cluster',
      'revision_conflict',
    ],
  },
  /** Only `abort` changes the spec, and needs the revision. */
  steerRollout: {
    route: 'POST /v1/clusters/:name/rollout',
    access: 'operator',
    ...ofCluster,
    body: RolloutOrder,
    ifMatch: 'sometimes',
    errors: ['already_so', 'cluster_deleted', 'cluster_frozen', 'no_rollout', 'revision_conflict'],
  },
  authenticationState: {
    route: 'GET /v1/clusters/:name/authentication',
    access: 'viewer',
    params: ByCluster,
    answers: { 200: AuthenticationState },
  },
  /** It decides who may read and write all data. */
  switchAuthentication: {
    route: 'POST /v1/clusters/:name/authentication',
    access: 'admin',
    params: ByCluster,
    body: AuthenticationRequest,
    answers: { 202: AuthenticationAsked },
    errors: ['already_so', 'authentication_refused', 'cluster_deleted', 'cluster_restoring', 'etcd_authentication_on'],
  },
} as const satisfies Contracts;

import {
  ClientJoinAnswer,
  ClientJoinRequest,
  JoinAnswer,
  JoinRequest,
  RecoverAnswer,
  RecoverRequest,
  TrustBundle,
} from '../protocol/join.ts';
import type { Contracts } from './contract.ts';
import { csrErrors } from './errors.ts';

/** More than 256 addresses and a CSR for RSA 4096 need; strangers get no more memory than that (R18). */
export const strangersBodyBytes = 32 * 1024;

const admissionErrors = [
  ...csrErrors,
  'agent_version_differs',
  'cluster_deleted',
  'cluster_frozen',
  'identity_frozen',
  'identity_superseded',
  'joined_as_another',
  'node_evicted',
  'token_bound_elsewhere',
  'token_expired',
  'token_unknown',
  'token_used_up',
  'too_many_nodes',
] as const;

/** What a machine without an identity may ask for. */
export const joiningContracts = {
  trustBundle: { route: 'GET /v1/trust-bundle', access: 'anyone', answers: { 200: TrustBundle } },
  join: {
    route: 'POST /v1/join',
    access: 'anyone',
    body: JoinRequest,
    bodyLimit: strangersBodyBytes,
    answers: { 200: JoinAnswer },
    errors: [
      ...admissionErrors,
      'address_not_declared',
      'address_not_on_node',
      'architecture_unsupported',
      'etcd_minor_differs',
      'etcd_not_installed',
      'etcd_too_new',
      'etcd_too_old',
      'layout_fixed',
      'layout_invalid',
      'member_heard',
      'member_not_declared',
      'member_taken',
      'release_not_for_machine',
      'replace_refused',
      'token_for_clients',
      'token_replaces_nobody',
    ],
  },
  joinAsClient: {
    route: 'POST /v1/join/client',
    access: 'anyone',
    body: ClientJoinRequest,
    bodyLimit: strangersBodyBytes,
    answers: { 200: ClientJoinAnswer },
    errors: [
      ...admissionErrors,
      'client_name_invalid',
      'client_named_as_member',
      'client_taken',
      'token_for_members',
      'too_many_clients',
    ],
  },
  /** The client shows its old certificate in the handshake. */
  recover: {
    route: 'POST /v1/recover',
    access: 'anyone',
    body: RecoverRequest,
    bodyLimit: strangersBodyBytes,
    answers: { 200: RecoverAnswer },
    errors: [
      ...csrErrors,
      'certificate_required',
      'identity_frozen',
      'identity_superseded',
      'key_unknown',
      'node_awaits_readoption',
      'node_evicted',
      'node_newer_than_backup',
    ],
  },
} as const satisfies Contracts;

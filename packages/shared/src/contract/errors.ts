import type { ErrorCode } from '../errors.ts';
import { type Contract, methodAndPath } from './contract.ts';

/**
 * The codes of all errors that a route may answer: its own, and those that follow from who may call it and from what it
 * takes.
 */
export function errorsOf(contract: Contract): readonly ErrorCode[] {
  const { access, params, body, sendsOctets, waits, errors = [] } = contract;
  const [method] = methodAndPath(contract);
  const isOperators = access !== 'anyone' && access !== 'node' && access !== 'monitor';
  const takesKey = isOperators && (method === 'POST' || method === 'PATCH') && waits !== true;
  const all: readonly ErrorCode[] = [
    ...errors,
    ...(['internal', 'invalid_request', 'too_many_requests'] as const),
    ...(access === 'anyone' ? [] : refusals),
    ...(params === undefined ? [] : (['not_found'] as const)),
    ...(body === undefined && sendsOctets !== true ? [] : (['payload_too_large'] as const)),
    ...(method === 'GET' ? [] : (['change_kept'] as const)),
    ...(takesKey
      ? (['idempotency_key_reused', 'idempotent_answer_unknown', 'idempotent_request_running'] as const)
      : []),
  ];
  return [...new Set(all)].sort();
}

/** Of who shows a certificate. */
const refusals = [
  'certificate_required',
  'identity_superseded',
  'node_awaits_readoption',
  'node_evicted',
  'node_newer_than_backup',
  'not_permitted',
] as const;

/** What a certificate signing request is refused for. */
export const csrErrors = [
  'clock_behind',
  'csr_asks_for_ca',
  'csr_asks_for_more',
  'csr_asks_for_names',
  'csr_key_unsupported',
  'csr_malformed',
  'csr_signature_invalid',
  'key_revoked',
  'pem_malformed',
] as const;

/** What an order to a member is refused for. */
export const orderErrors = ['cluster_deleted', 'cluster_frozen', 'cluster_restoring', 'member_not_declared'] as const;

/** What a snapshot that is in a store beside the coordinator may fail for. */
export const storeErrors = ['snapshot_key_missing', 'snapshot_object_refused', 'snapshot_store_failed'] as const;

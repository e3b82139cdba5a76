import { failure } from '@picket/shared/errors.ts';
import { formatUrl } from '@picket/shared/etcd-config/urls.ts';
import type { LeafPurpose } from '@picket/shared/protocol/primitives.ts';
import { credentialReader } from '../../credentials/credential-state.ts';
import { dropFormer, formerPath } from '../../credentials/former-credential.ts';
import { credentialOwner, credentialPath } from '../../model/managed-files.ts';
import { type AcceptedMember, isMember, type StepOf } from '../../model/model.ts';
import type { ExecutionContext } from './execution.ts';

/**
 * Checks over new connections that this node's etcd accepts the renewed certificate; then removes the former one. If
 * etcd does not accept it, puts the former one back whole (R9), if that is better than nothing. Neither restarts etcd.
 * If etcd is not up, the check waits until it is.
 */
export async function proveRenewal({ purpose }: StepOf<'prove-credential'>, context: ExecutionContext): Promise<void> {
  const { accepted, host, paths, prove, failpoint, log } = context;
  if (!isMember(accepted)) throw failure('step_impossible', { step: 'prove-credential', problem: 'it has no member' });
  const path = credentialPath(paths, purpose);
  const credential = await host.files.read(path);
  if (credential === null) throw failure('certificate_unproven', { purpose, problem: `${path} is gone` });
  const { address, ports } = accepted.document.member;
  const verdict = await prove({
    purpose,
    clientUrl: formatUrl('https', address, ports.client),
    peerUrl: formatUrl('https', address, ports.peer),
    trust: trustOf(accepted, purpose),
    credential,
  });
  if (verdict.kind === 'proven') {
    await dropFormer(host.files, paths, purpose);
    log.info({ purpose }, `etcd takes the renewed ${purpose} certificate`);
    return;
  }
  if (verdict.kind === 'down' || (await host.init.state()).kind !== 'running') return;
  const { why: problem } = verdict;
  const former = verdict.kind === 'refuted' ? await usableFormer(accepted, purpose, context) : null;
  if (former === null) throw failure('certificate_unproven', { purpose, problem });
  await host.files.writeWhole({
    path,
    content: former,
    mode: 0o600,
    owner: credentialOwner(context.etcdOwner, purpose),
  });
  failpoint('renew.after-put-back');
  await dropFormer(host.files, paths, purpose);
  throw failure('certificate_put_back', { purpose, problem });
}

/**
 * null if it would be useless: expired, or not from a current authority. A certificate with other names is better than
 * none.
 */
async function usableFormer(
  accepted: AcceptedMember,
  purpose: LeafPurpose,
  { host, paths }: ExecutionContext,
): Promise<string | null> {
  const former = await host.files.read(formerPath(paths, purpose));
  const state = credentialReader()(former, purpose, trustOf(accepted, purpose));
  return state.kind === 'held' && state.issuedByBundle && host.clock.now() < state.until ? former : null;
}

function trustOf({ document: { trust } }: AcceptedMember, purpose: LeafPurpose): string {
  return purpose === 'peer' ? trust.peer : trust.client;
}

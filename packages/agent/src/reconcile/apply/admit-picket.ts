import { rootUser } from '@picket/shared/etcd-users/picket-user.ts';
import { writeCredential } from '@picket/shared/pki/credential.ts';
import { createCsr } from '@picket/shared/pki/csr.ts';
import { generateKey } from '@picket/shared/pki/keys.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { removeRootCredential, rootCredentialPath } from '../../credentials/root-credential.ts';
import type { EtcdGateway, Patience } from '../../etcd/etcd.ts';
import type { Result } from '../../maintenance/carry-out.ts';
import type { ExecutionContext } from './execution.ts';
import { checkedAnswer } from './obtain-credential.ts';

/**
 * Gives Picket its etcd user, as etcd's root. The key never leaves this node (R7), and is deleted at the end, however that comes: after a
 * crash the next agent deletes it.
 */
export async function admitPicket(
  etcd: Pick<EtcdGateway, 'admitPicket'>,
  { accepted, coordinator, host, paths }: ExecutionContext,
  { leave, ...patience }: Patience & { readonly leave: () => boolean },
): Promise<Result> {
  const key = await generateKey('p256');
  const answer = await coordinator.certificate({ purpose: 'root', csr: createCsr({ key, commonName: rootUser }) });
  const wanted = { purpose: 'admin', commonName: rootUser, sans: [] } as const;
  const [certificate, ...chain] = checkedAnswer(answer.certificate, wanted, key, accepted.document, host.clock.now());
  const path = rootCredentialPath(paths.stateDir);
  try {
    const content = writeCredential({ certificate, chain, key });
    await host.files.writeWhole({ path, content, mode: 0o600, owner: null });
    if (!leave()) throw new Error('its time ran out before it began');
    await etcd.admitPicket(path, patience);
    return { reason: reason('picket_admitted') };
  } finally {
    await removeRootCredential(host.files, paths.stateDir);
  }
}

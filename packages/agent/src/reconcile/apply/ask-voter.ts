import type { ListedMember } from '@picket/shared/protocol/report.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { Probe, ProbeCredentials } from '../../etcd/probe.ts';
import { credentialPath } from '../../model/managed-files.ts';
import type { AcceptedMember } from '../../model/model.ts';
import type { ExecutionContext } from './execution.ts';

export interface Asking {
  readonly probe: Probe;
  readonly credentials: { readonly peer: ProbeCredentials; readonly client: ProbeCredentials };
  /** Where to ask for its health: see `healthPath`. */
  readonly path: string;
}

/** Those of these voters that are not healthy now, over new connections to both of their ports, and why. */
export async function absentOf(voters: readonly ListedMember[], asking: Asking) {
  const answers = await Promise.all(voters.map((voter) => whyAbsent(voter, asking)));
  return voters.flatMap(({ name, id }, index) => {
    const why = answers[index] ?? null;
    return why === null ? [] : [{ member: name || id || 'a member', why }];
  });
}

async function whyAbsent(member: ListedMember, { probe, credentials, path }: Asking): Promise<Reason | null> {
  const [peerUrl] = member.peerUrls;
  const [clientUrl] = member.clientUrls;
  if (peerUrl === undefined || clientUrl === undefined) return reason('voter_not_started');
  return probe({ peerUrl, clientUrl, ...credentials, healthPath: path });
}

/**
 * This node's credentials for other members: the desired bundles, and the certificates on its disk; null without these.
 */
export async function shownCredentials(
  { document }: AcceptedMember,
  { host, paths }: Pick<ExecutionContext, 'host' | 'paths'>,
): Promise<Asking['credentials'] | null> {
  const [peer, client] = await Promise.all([
    host.files.read(credentialPath(paths, 'peer')),
    host.files.read(credentialPath(paths, 'client')),
  ]);
  if (peer === null || client === null) return null;
  const { trust } = document;
  return { peer: { trust: trust.peer, credential: peer }, client: { trust: trust.client, credential: client } };
}

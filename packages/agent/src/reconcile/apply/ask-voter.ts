import { failure } from '@picket/shared/errors.ts';
import { formatUrl } from '@picket/shared/etcd-config/urls.ts';
import type { ListedMember } from '@picket/shared/protocol/report.ts';
import type { RestoreOrder } from '@picket/shared/protocol/snapshots.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { Probe, ProbeCredentials } from '../../etcd/probe.ts';
import type { HostFiles } from '../../host/host.ts';
import { credentialPath } from '../../model/managed-files.ts';
import { type AcceptedMember, isMember, type Paths } from '../../model/model.ts';
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
  { host, paths }: { readonly host: { readonly files: Pick<HostFiles, 'read'> }; readonly paths: Paths },
): Promise<Asking['credentials'] | null> {
  const [peer, client] = await Promise.all([
    host.files.read(credentialPath(paths, 'peer')),
    host.files.read(credentialPath(paths, 'client')),
  ]);
  if (peer === null || client === null) return null;
  const { trust } = document;
  return { peer: { trust: trust.peer, credential: peer }, client: { trust: trust.client, credential: client } };
}

/**
 * Throws `former_cluster_serves` if a voter of the cluster that the snapshot should replace answers a linearizable
 * read: clients would keep writing to a cluster that is given up (R16). An unreachable voter is no obstacle: an
 * operator has said, or it was reported, that the cluster is lost.
 */
export async function requireFormerSilent(
  { snapshot, former }: RestoreOrder,
  context: ExecutionContext,
): Promise<void> {
  const { accepted, askFormer } = context;
  if (!isMember(accepted)) return;
  const { address, ports } = accepted.document.member;
  // At its own address only its own etcd could answer, and that is the one that is about to begin.
  const own = formatUrl('https', address, ports.client);
  const others = former.filter(({ clientUrl }) => clientUrl !== own);
  if (others.length === 0) return;
  const credentials = await shownCredentials(accepted, context);
  if (credentials === null) throw failure('former_cluster_unasked', { snapshot });
  const answers = await Promise.all(others.map(({ clientUrl }) => askFormer(clientUrl, credentials.client)));
  const serving = others.filter((_one, index) => answers[index] === true);
  if (serving.length === 0) return;
  const voters = serving.map(({ name, clientUrl }) => `${name} (${clientUrl})`).join(', ');
  throw failure('former_cluster_serves', { snapshot, voters });
}

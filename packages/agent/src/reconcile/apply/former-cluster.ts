import { failure } from '@picket/shared/errors.ts';
import { formatUrl } from '@picket/shared/etcd-config/urls.ts';
import type { RestoreOrder } from '@picket/shared/protocol/snapshots.ts';
import { isMember } from '../../model/model.ts';
import { shownCredentials } from './ask-voter.ts';
import type { ExecutionContext } from './execution.ts';

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

import { lifetimes } from '../authority/lifetimes.ts';
import type { Instant } from '../controller/model.ts';
import type { NodeIdentity } from '../identity/principals.ts';
import { type NodeKind, type NodeRecord, nameOf } from '../inventory/inventory.ts';

/** An agent renews with about a third of the life left; from here on it surely has tried and failed, or is off. */
const overdueMs = lifetimes.node / 5;

/** Whose identity was not renewed, or is not to be (R15); nothing for those that are well. */
export function identityNotices(
  nodes: readonly NodeRecord[],
  identityOf: (nodeId: string) => NodeIdentity | null,
  now: Instant,
): string[] {
  return nodes
    .filter(({ evictedAt }) => evictedAt === null)
    .flatMap((node) => {
      const identity = identityOf(node.id);
      return identity === null
        ? []
        : [...frozen(node, identity), ...ending(identity, now)].map((it) => `${nameOf(node)}: ${it}`);
    });
}

const goesOn: Readonly<Record<NodeKind, string>> = {
  member: 'Its etcd goes on',
  client: 'The certificate that it has is good until its end',
};

function frozen({ id, kind }: Pick<NodeRecord, 'id' | 'kind'>, { frozen }: NodeIdentity): string[] {
  if (frozen === null) return [];
  return [
    `its node ${id} gets no certificates since ${iso(frozen.at)}: ${frozen.because}. ${goesOn[kind]}. ` +
      `Switch the copy off, then \`picket node unfreeze ${id}\`.`,
  ];
}

function ending({ endsAt }: NodeIdentity, now: Instant): string[] {
  if (endsAt === null || now >= endsAt) {
    const when = endsAt === null ? 'long ago' : `at ${iso(endsAt)}`;
    return [
      `its identity ended ${when}. Its agent gets another by itself once it runs, reaches this coordinator and has the right time.`,
    ];
  }
  if (endsAt - now > overdueMs) return [];
  return [
    `its identity ends at ${iso(endsAt)}, and its agent should have renewed it before now; if it is on, its log says what is in the way.`,
  ];
}

function iso(at: Instant): string {
  return new Date(at).toISOString();
}

import type { MemberView } from '@picket/shared/protocol/clusters.ts';

/** When the server, peer or client certificate of a node ends that ends first: the node fails then. null without a report. */
export function firstToEnd(status: MemberView['status']): string | null {
  const [first] = (status?.certificates ?? [])
    .filter(({ purpose }) => purpose !== 'identity')
    .map(({ notAfter }) => notAfter)
    .sort((one, other) => Date.parse(one) - Date.parse(other));
  return first ?? null;
}

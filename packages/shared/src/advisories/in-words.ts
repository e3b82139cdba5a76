import type { VersionDanger } from './advisories-for.ts';
import type { AffectedRange, Condition, Effect } from './advisory.ts';

/** What can happen, as a cell of a table. */
export const effectWords: Readonly<Record<Effect, string>> = {
  'loses-data': 'data is lost or damaged',
  'members-differ': 'the data of members differs',
  'locks-out': 'a member does not start, or the cluster does not work',
  'bypasses-authorization': 'rights of users are bypassed',
  'denial-of-service': 'a member runs out of memory, or ends',
  'wrong-answers': 'a client gets a wrong answer',
  'blocks-changes': 'a change of members fails',
  'reveals-secrets': 'secrets or names of keys are shown',
};

/** When a fault concerns a cluster, after "only". */
export const conditionWords: Readonly<Record<Condition, string>> = {
  always: 'in every cluster',
  authentication: "if etcd's authentication is on",
  'one-member': 'in a cluster of one member',
  'several-members': 'in a cluster that has or had several members',
  'client-requests': 'if clients send such requests',
  'power-cut': 'if a machine loses power at that moment',
  library: 'if etcd uses the faulty part of the library',
  'defragmentation-by-hand': 'if somebody defragments by hand',
  'update-by-hand': 'if somebody runs etcdctl member update',
  'minor-upgrade': 'at an upgrade to the next minor version',
  'minor-upgrade-after-promotion': 'at an upgrade to the next minor version, if members were added',
  'minor-downgrade': 'at a downgrade to the former minor version',
  'revocation-list': 'with a list of revoked certificates, which Picket does not use',
  'force-new-cluster': 'with force-new-cluster, which Picket does not use',
  'json-web-tokens': 'with JSON web tokens, which Picket does not use',
};

/** The affected versions, for example `3.5.0 to before 3.5.33, 3.6.0 and all later 3.6`. */
export function affectedInWords(affected: readonly AffectedRange[]): string {
  return affected
    .map(({ from, fixed }) =>
      fixed === null ? `${from} and all later ${from.split('.', 2).join('.')}` : `${from} to before ${fixed}`,
    )
    .join(', ');
}

/** What speaks against a version, as a clause after its name. */
export function dangerInWords({ isAvoided, advisories }: VersionDanger): string {
  const ids = advisories.map(({ id }) => id).join(', ');
  return isAvoided
    ? `a defragmentation by hand can damage data, one by Picket cannot: ${ids}`
    : `this version can lose data or keep a member from starting: ${ids}`;
}

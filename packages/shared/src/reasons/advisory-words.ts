/** What can happen, as a cell of a table. */
export const effectWords = {
  'loses-data': 'data is lost or damaged',
  'members-differ': 'the data of members differs',
  'locks-out': 'a member does not start, or the cluster does not work',
  'bypasses-authorization': 'rights of users are bypassed',
  'denial-of-service': 'a member runs out of memory, or ends',
  'wrong-answers': 'a client gets a wrong answer',
  'blocks-changes': 'a change of members fails',
  'reveals-secrets': 'secrets or names of keys are shown',
} as const;

/** When a fault concerns a cluster, after "only". */
export const conditionWords = {
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
} as const;

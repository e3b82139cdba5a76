/** The other way to an etcd, for a machine whose package has none that a member can run. */
export const releaseInstead =
  'Or let the cluster run a release of etcd, for which its machines need no package: `picket release add FILE --sums SHA256SUMS`, then `picket cluster set CLUSTER etcd=release:VERSION`.';

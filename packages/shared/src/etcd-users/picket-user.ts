/**
 * The etcd user as which the agents administer a cluster while etcd's authentication is on, and the common name of the
 * certificate that logs in as this user. No other certificate of a client CA has this name: those of clients and servers
 * contain a colon or a blank.
 */
export const picketUser = 'picket-agent';

/** etcd's own user with all rights. It exists wherever authentication is on, and etcd lets nobody delete it or take its role away. */
export const rootUser = 'root';

/**
 * Gives Picket its etcd user while etcd's authentication is on. Run it on a member, where etcdctl has its certificates and
 * endpoints. etcdctl asks for the password of the user `root`.
 */
export const grantsPicketUser =
  `etcdctl --user root user add ${picketUser} --no-password; ` +
  `etcdctl --user root user grant-role ${picketUser} root`;

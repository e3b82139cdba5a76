/** Switches etcd's authentication off. Run it on a member, where etcdctl has its certificates and endpoints. */
const disableAuthentication = 'etcdctl auth disable --user root:PASSWORD';

/** Why Picket changes nothing in a cluster whose etcd has authentication on, and what to do. A clause without a full stop. */
export const authenticationOnReason =
  "etcd's authentication is on, so Picket sees neither members nor data, and changes nothing; " +
  `to switch it off, run on a member: \`${disableAuthentication}\``;

/** What nobody sets in a cluster that was declared, with the reason as a clause; also by etcd's own names. */
export const fixedSettings = {
  name: 'its certificates, tokens and snapshots are of a cluster of that name',
  domain: 'the names in certificates and URLs are made of it',
  advertise: 'the URLs of peers stand in etcd’s own member list',
  keyType: 'the authorities of the cluster have such keys',
  allowLoopback: 'the addresses of its members were judged by it',
  members:
    'that members come and go is not built yet; until a founder is chosen, `picket cluster apply` corrects the address of one as which no machine has joined',
  clientPort: 'members and clients dial each other there',
  peerPort: 'members and clients dial each other there',
  dataDir: 'each life of a member has a folder of its own, which is made once and never used again',
  initialCluster: 'the first member founds the cluster alone, and each other is added to it',
  initialClusterState: 'the first member founds the cluster alone, and each other is added to it',
  initialClusterToken: 'it is made with each founding, so that no second cluster can be taken for this one',
} as const;

const others = { token: fixedSettings.initialClusterToken };

const byPlainName: ReadonlyMap<string, string> = new Map(
  Object.entries({ ...fixedSettings, ...others }).map(([name, reason]) => [plainName(name), reason]),
);

/** Why this cannot be set, however it is spelled: `data-dir` as well as `dataDir`. undefined: nothing is known of it. */
export function whyFixed(setting: string): string | undefined {
  return byPlainName.get(plainName(setting));
}

function plainName(setting: string): string {
  return setting.toLowerCase().replace(/[-_.]/g, '');
}

/** Settings that nobody can change in a declared cluster, each with the reason as a clause. Some have etcd’s names. */
export const fixedSettings = {
  name: 'its certificates, tokens and snapshots contain that name',
  domain: 'the names in certificates and URLs contain it',
  advertise: 'etcd’s member list contains the URLs of peers',
  keyType: 'the authorities of the cluster already have keys of this type',
  allowLoopback: 'the addresses of its members were checked with it',
  members:
    '`picket member add` and `picket member remove` change them once the cluster is founded; `picket cluster apply` corrects the address of a member that no machine has joined as',
  clientPort: 'members and clients dial each other there',
  peerPort: 'members and clients dial each other there',
  dataDir: 'each incarnation of a member has its own folder, which is never used for another incarnation',
  initialCluster: 'one member founds the cluster alone, and each other member is added to it',
  initialClusterState: 'one member founds the cluster alone, and each other member is added to it',
  initialClusterToken: 'each founding makes a new one, so that another cluster cannot be mistaken for this one',
} as const;

/**
 * What to do instead of a change of a fixed setting, as the hint of `setting_fixed`.
 * @param joined the member whose address would have changed, if a machine has joined as it
 */
export function insteadOfFixed(cluster: string, setting: string, joined?: string): string {
  if (joined !== undefined)
    return `If the wrong machine joined as ${joined}, evict it first: \`picket node list\` shows its ID, \`picket node evict ID\` evicts it. Then repeat the change.`;
  if (setting === 'members')
    return `Keep what \`picket cluster export ${cluster}\` prints of these members. To let another machine replace a member, run \`picket token create ${cluster} --member NAME\`.`;
  return `Keep the present value; \`picket cluster export ${cluster}\` shows all settings. To use another value, create another cluster: \`picket cluster create --help\`.`;
}

const others = { token: fixedSettings.initialClusterToken };

const byPlainName: ReadonlyMap<string, string> = new Map(
  Object.entries({ ...fixedSettings, ...others }).map(([name, reason]) => [plainName(name), reason]),
);

/** Why this cannot be set, for any spelling: `data-dir` as well as `dataDir`. undefined: not a setting that is known to be fixed. */
export function whyFixed(setting: string): string | undefined {
  return byPlainName.get(plainName(setting));
}

function plainName(setting: string): string {
  return setting.toLowerCase().replace(/[-_.]/g, '');
}

/** Where etcd's releases are, in a folder `vVERSION` each. */
export const officialMirror = 'https://github.com/etcd-io/etcd/releases/download';

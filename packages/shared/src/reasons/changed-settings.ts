/** What a rollout changes on a member: its conf.yml, the etcd binary that runs with it, or both. */
export interface OfChange {
  readonly changed: 'conf' | 'binary' | 'both';
}
export type Changed = OfChange['changed'];

/** What changes, as `its new …`. An agent or an event from before says nothing of it, and knew of conf.yml alone. */
export function changedInWords(changed: Changed | undefined): string {
  if (changed === 'binary') return 'etcd binary';
  return changed === 'both' ? 'conf.yml and etcd binary' : 'conf.yml';
}

/** @param conf whether conf.yml differs. @param binary whether the etcd that runs with it differs */
export function changedOf({ conf, binary }: { readonly conf: boolean; readonly binary: boolean }): Changed {
  return binary ? (conf ? 'both' : 'binary') : 'conf';
}

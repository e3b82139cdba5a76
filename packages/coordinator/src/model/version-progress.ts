/** Which etcd the cluster runs. */
export interface VersionProgress {
  /** The minor version of etcd that the voters run, such as `3.5` (R17); null before it is known. */
  readonly etcdMinor: string | null;
}

export const noVersion: VersionProgress = { etcdMinor: null };

export type VersionStep = { readonly kind: 'record-version'; readonly minor: string };

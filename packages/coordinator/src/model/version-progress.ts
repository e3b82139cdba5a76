/** Which etcd the cluster runs. */
export interface VersionProgress {
  /** The minor version of etcd that the voters run, such as `3.5` (R17); null before it is known. */
  readonly etcdMinor: string | null;
}

export const noVersion: VersionProgress = { etcdMinor: null };

/** `ends`: the version to which an upgrade from another minor version was under way. Omitted without one. */
export type VersionStep = { readonly kind: 'record-version'; readonly minor: string; readonly ends?: string };

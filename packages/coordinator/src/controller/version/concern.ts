import type { Concern } from '../../model/concern.ts';
import { version } from './version.ts';

/** Which minor version of etcd the cluster runs (R17). */
export const versionConcern = {
  decide: { minor: version },
  apply: { 'record-version': (_progress, { minor }) => ({ etcdMinor: minor }) },
} satisfies Concern<'version'>;

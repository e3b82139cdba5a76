import { type Concern, unchanged } from '../../model/concern.ts';
import { version } from './version.ts';

/** Which minor version of etcd the cluster runs (R17). */
export const versionConcern = {
  decide: { minor: version },
  apply: { 'record-version': (_progress, { minor }) => ({ etcdMinor: minor }) },
  orders: unchanged,
  onFreeze: unchanged,
  onClockStep: unchanged,
  onStart: unchanged,
  onTakeOver: unchanged,
  // A snapshot is of this version; without a snapshot, `resetFormation` forgets the version.
  onReset: unchanged,
} satisfies Concern<'version'>;

import type { Concern } from '../../model/concern.ts';
import { noUpgrade } from '../../model/upgrade-progress.ts';
import { version } from './version.ts';

/** Which minor version of etcd the cluster runs (R17). */
export const versionConcern = {
  decide: { minor: version },
  apply: {
    // Its stages go on from the minor version that was known before, and would now lead back to that.
    'record-version': (_progress, { minor, ends }) => ({
      etcdMinor: minor,
      ...(ends === undefined ? {} : noUpgrade),
    }),
  },
} satisfies Concern<'version'>;

import { alwaysTrue, type Codec, oneOf } from './codec.ts';

/**
 * How etcd is told to check compacted revisions. With the check, each member hashes its keys at each compaction, and the
 * leader compares these hashes once a minute. If they differ, etcd raises the alarm CORRUPT. etcd 3.5 has a key for the
 * check, etcd 3.7 a feature gate, and etcd 3.6 both.
 */
export type HashCheck = 'experimental-key' | 'feature-gate';

/** The way for a minor version, such as `3.5`. null, not known: that of etcd 3.5. */
export function hashCheckOf(etcdMinor: string | null): HashCheck {
  const [major = 3, minor = 5] = (etcdMinor ?? '').split('.').map(Number);
  return major > 3 || minor > 5 ? 'feature-gate' : 'experimental-key';
}

const why = 'without it etcd does not notice that the data of a member differs';

interface Line {
  readonly key: string;
  readonly codec: Codec<unknown>;
  readonly text: string;
}

/** The line of each way. etcd ignores a key that it does not know, and etcd 3.6 refuses to start with both lines. */
export const hashCheckLines: Readonly<Record<HashCheck, Line>> = {
  'experimental-key': {
    key: 'experimental-compact-hash-check-enabled',
    codec: alwaysTrue(why),
    text: 'experimental-compact-hash-check-enabled: true',
  },
  'feature-gate': {
    key: 'feature-gates',
    codec: oneOf('CompactHashCheck=true'),
    text: 'feature-gates: "CompactHashCheck=true"',
  },
};

import type { AnyReason, Say } from './reason.ts';

/** A hash of keys: of which revision, and after which compaction. */
export interface Hash {
  /** Eight hexadecimal digits. */
  readonly hash: string;
  readonly revision: number;
  /** -1 before the first compaction. */
  readonly compactRevision: number;
}

export interface VoterHash extends Hash {
  readonly member: string;
}

/** A voter without a hash, and why. */
export interface Unheard {
  readonly member: string;
  readonly why: AnyReason;
}

export function hashInWords(hash: string, compactRevision: number): string {
  return compactRevision < 0 ? `${hash} (never compacted)` : `${hash} (compacted at ${compactRevision})`;
}

/** Who has which hash, and who has none. */
export function hashesInWords(hashes: readonly VoterHash[], unheard: readonly Unheard[], say: Say): string {
  const have = hashes
    .map(({ member, hash, compactRevision }) => `${member} ${hashInWords(hash, compactRevision)}`)
    .join('; ');
  const none = unheard.map(({ member, why }) => `${member} none, ${say(why)}`).join('; ');
  return [have, none].filter((text) => text !== '').join('; ');
}

/** What the comparison of the voters' data waits for, and what keeps a member from leaving meanwhile. */
export const corruptionReasons = {
  hashes_reported: ({ members, revision }: { readonly members: readonly string[]; readonly revision: number }) =>
    `${members.join(', ')} to report the hash of its keys at revision ${revision}, because of the alarm CORRUPT`,
  corrupt_disarming: '{executor} to disarm CORRUPT: all voters have the same data',
  compared_again: "the next comparison of the voters' data (CORRUPT), at most {minutes} min after the last one",
  data_unproven:
    'etcd has raised CORRUPT, and no comparison of the voters proves that the data of this member is the one that differs',
  was_not_asked: 'it could not be asked',
  hash_without_value: 'its agent reported no hash',
} as const;

import type { Finding, VoterHash } from '../../model/corruption-progress.ts';

/**
 * What these hashes prove. Only hashes at the same revision and after the same compaction are compared. A member is named
 * only if a majority of all voters, heard or not, has the same hash and that member has another one. Pure.
 *
 * @param all how many voters etcd has
 */
export function judgeHashes(all: number, hashes: readonly VoterHash[]): Finding {
  for (const one of hashes) {
    const comparable = hashes.filter(
      ({ revision, compactRevision }) => revision === one.revision && compactRevision === one.compactRevision,
    );
    const agreeing = comparable.filter(({ hash }) => hash === one.hash).map(({ member }) => member);
    if (agreeing.length * 2 <= all) continue;
    const differing = comparable.filter(({ hash }) => hash !== one.hash).map(({ member }) => member);
    if (differing.length > 0) return { finding: 'named', agreeing, differing };
    return { finding: agreeing.length === all ? 'agree' : 'undecided', agreeing, differing };
  }
  return { finding: 'undecided', agreeing: [], differing: [] };
}

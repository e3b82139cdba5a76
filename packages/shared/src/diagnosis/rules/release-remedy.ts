import type { ReasonCode } from '../../reasons/reason.ts';
import { here, mountPointIn, type Proof, pathIn, type Rule, showsFolders, there } from './rule.ts';

const listsReleases = here(() => 'picket release list');

/** What to type where a node cannot fetch or run its release of etcd. The agent then tries again without an order. */
const remedies: Readonly<Partial<Record<ReasonCode, (proof: readonly Proof[]) => Rule['next'] | null>>> = {
  release_no_room: () => showsFolders,
  tool_folder_noexec: (proof) => {
    const mountPoint = mountPointIn(proof);
    return mountPoint === null ? null : there(`mount -o remount,exec ${mountPoint}`);
  },
  release_folder_exposed: (proof) => {
    const folder = pathIn(proof);
    return folder === null ? null : there(`chown root:root ${folder} && chmod go-w ${folder}`);
  },
  release_not_in_store: () => listsReleases,
  release_of_other_version: () => listsReleases,
};

/** The next command for the member that the cause concerns; the given one where none of its facts has a remedy. */
export function releaseRemedyOr(otherwise: Rule['next']): Rule['next'] {
  return (of, scene) => {
    const own = of.proof.filter(({ about }) => about === null || about === of.member);
    for (const one of own) {
      const remedy = remedies[one.reason.code as ReasonCode]?.([one]) ?? null;
      if (remedy !== null) return remedy(of, scene);
    }
    return otherwise(of, scene);
  };
}

import type { Concern } from '../../model/concern.ts';
import { noConfiguration } from '../../model/configuration-progress.ts';
import { newIncarnation, withLists, withMember } from '../membership/incarnations.ts';
import { formation as founder } from './formation.ts';

/** One founder (R1). */
export const formationConcern = {
  decide: { founder },
  apply: {
    found: ({ formations, restore }, { member, installed }, { now, cluster, fresh }) => ({
      formations: formations + 1,
      formation: {
        member,
        incarnation: fresh.incarnation,
        token: `${cluster}-${fresh.nonce}`,
        startedAt: now,
        clusterId: null,
        ...(installed === undefined ? {} : { installed }),
        ...(restore === null ? {} : { from: restore }),
      },
      restore: null,
      members: { [member]: newIncarnation(fresh.incarnation, 'founding', now) },
    }),
    'record-cluster': (progress, { member, clusterId, memberId, asOf, configuration, etcdMinor }, { now }) => {
      if (progress.formation === null) return {};
      return {
        ...withMember(progress, member, { phase: 'voter', memberId, since: now, caughtUp: true }),
        ...withLists(progress, asOf),
        formation: { ...progress.formation, clusterId },
        configuration: { ...noConfiguration, settled: configuration },
        etcdMinor,
      };
    },
  },
  instants: { formation: { startedAt: true } },
  audited: ({ formations, formation, restore }) => ({
    formations,
    clusterId: formation?.clusterId ?? null,
    restores: restore?.snapshot ?? null,
  }),
  onReset: () => ({ formation: null }),
} satisfies Concern<'formation'>;

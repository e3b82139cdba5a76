import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { presentStatus, works } from '../../model/health.ts';
import type { Situation } from '../../model/situation.ts';
import { mayPutBack } from '../../model/upgrade-stage.ts';
import { upgradeMayEnd } from '../upgrade/taken-back.ts';

/**
 * Set if the member on trial cannot run with the next minor version, and gets the former one back by an operator's order alone: it is one
 * of one or two voters. Without it, no quorum shows that etcd's cluster version has not risen: the other voter may not have heard of it. Pure.
 */
export function wayBackByOrder(situation: Situation): Reason | null {
  const { spec, progress } = situation;
  const { configuration, etcdMinor: minor, upgrade } = progress;
  const member = configuration.trial?.member;
  if (member === undefined || minor === null || upgrade === null || upgrade.leaves !== undefined) return null;
  if (mayPutBack(situation) || works(situation, member).ok || !upgradeMayEnd(situation)) return null;
  const waits = presentStatus(situation, member)?.agent.waits ?? [];
  return waits.some(({ code }) => code === 'way_back_unknown')
    ? reason('goes_back_by_order', { cluster: spec.name, member, minor })
    : null;
}

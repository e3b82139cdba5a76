import { isoTime } from '@picket/shared/iso-time.ts';
import { memberStateOf } from '../model/model.ts';
import type { NodeView } from './look-only.ts';

/** The hold of this machine's member, by this node's clock. */
export interface HeldHere {
  readonly since: string;
  readonly until: string;
  /** Whether the agent has stopped etcd for it. */
  readonly stopped: boolean;
}

/** null if the member is not held, by the last desired state and the agent's journal. Pure. */
export function heldHere({ accepted, current }: Pick<NodeView, 'accepted' | 'current'>): HeldHere | null {
  const {
    journal: { held },
    now,
    monotonic,
    boot,
  } = current;
  const permit = memberStateOf(accepted)?.permit;
  if (permit?.act !== 'hold' || held === null || held.permit !== permit.id || held.boot !== boot) return null;
  const since = now - (monotonic - held.since);
  return { since: isoTime(since), until: isoTime(since + permit.forSeconds * 1000), stopped: held.stopped };
}

import type { AnyReason } from '../../reasons/reason.ts';
import { ofDownEtcd } from './consequences.ts';
import { listsListeners, type Proof, type Rule, there } from './rule.ts';

/** A disk whose fsyncs take less than a heartbeat's interval delays no heartbeat, in milliseconds. */
const delaysHeartbeatsMs = 100;
const slow = ['disk_slow', 'etcd_slow_fsync', 'etcd_late_heartbeat'] as const;

/** A voter that waits for its disk serves no reads. One whose etcd has ended has another cause. */
function isOfSlowDisk({ code }: AnyReason): boolean {
  return code === 'no_reads' || slow.some((one) => one === code);
}

export const machineRules: readonly Rule[] = [
  {
    cause: 'cause_hot',
    page: 'find-the-cause.md#a-hot-board',
    shownBy: ['hot', 'board_throttled'],
    next: there('cat /sys/class/thermal/thermal_zone0/temp; dmesg | grep -i voltage'),
    explains: [],
    isMinor: true,
  },
  {
    cause: 'cause_slow_disk_elections',
    page: 'find-the-cause.md#a-slow-disk',
    shownBy: [...slow, 'etcd_leader_changes'],
    proves: ({ code, facts }) =>
      code !== 'disk_slow' || (facts as { readonly fsyncMs: number }).fsyncMs >= delaysHeartbeatsMs,
    together: (found) => (has(found, slow) && has(found, ['etcd_leader_changes']) ? found : []),
    next: there('picket-agent preflight; dmesg | tail'),
    explains: ['cause_slow_disk', 'cause_voter_down'],
    explainsBy: isOfSlowDisk,
    isMinor: true,
  },
  {
    cause: 'cause_slow_disk',
    page: 'find-the-cause.md#a-slow-disk',
    shownBy: slow,
    next: there('picket-agent preflight; dmesg | tail'),
    explains: ['cause_voter_down'],
    explainsBy: isOfSlowDisk,
    isMinor: true,
  },
  {
    cause: 'cause_port_taken',
    page: 'find-the-cause.md#a-port-that-is-taken',
    shownBy: ['port_to_be_free', 'etcd_port_taken'],
    next: listsListeners,
    explains: [...ofDownEtcd, 'cause_other_etcd'],
  },
  {
    cause: 'cause_address_missing',
    page: 'correct-a-declaration.md',
    shownBy: ['etcd_address_missing'],
    next: there('ip addr'),
    explains: ofDownEtcd,
  },
];

function has(found: readonly Proof[], codes: readonly string[]): boolean {
  return found.some(({ reason }) => codes.includes(reason.code));
}

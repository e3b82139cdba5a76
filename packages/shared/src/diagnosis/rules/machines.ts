import { ofDownEtcd } from './consequences.ts';
import { listsListeners, type Proof, type Rule, there } from './rule.ts';

/** A disk whose fsyncs take less than a heartbeat's interval delays no heartbeat, in milliseconds. */
const delaysHeartbeatsMs = 100;
const slow = ['disk_slow', 'etcd_slow_fsync', 'etcd_late_heartbeat'] as const;

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
    explains: ['cause_slow_disk'],
    isMinor: true,
  },
  {
    cause: 'cause_slow_disk',
    page: 'find-the-cause.md#a-slow-disk',
    shownBy: slow,
    next: there('picket-agent preflight; dmesg | tail'),
    explains: [],
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

import { ofDownEtcd } from './consequences.ts';
import { asStatus, here, type Rule, there } from './rule.ts';

const page = 'find-the-cause.md#a-full-disk';
/** The largest folders, the largest last. Not the whole root with `-x`: on an overlay, busybox's du then counts no file. */
const next = there('df -h /var/lib/picket; du -kd 3 /var /home /root /tmp /opt 2>/dev/null | sort -n | tail');

export const spaceRules: readonly Rule[] = [
  {
    cause: 'cause_disk_full',
    page,
    shownBy: ['disk_is_full', 'etcd_disk_full'],
    errors: ['disk_full'],
    next,
    explains: [...ofDownEtcd, 'cause_data_damaged', 'cause_disk_low'],
  },
  {
    cause: 'cause_disk_low',
    page,
    shownBy: ['disk_nearly_full'],
    next,
    explains: [],
    isMinor: true,
    isSymptom: true,
  },
  {
    cause: 'cause_database_full',
    page: 'free-space-in-etcd.md',
    shownBy: ['takes_no_writes', 'database_full', 'etcd_no_space', 'room_first'],
    next: asStatus,
    explains: ['cause_database_near_quota', 'cause_voter_down'],
  },
  {
    cause: 'cause_database_near_quota',
    page: 'free-space-in-etcd.md',
    shownBy: ['near_quota', 'often_full'],
    next: here((_member, cluster) => `picket cluster show ${cluster}`),
    explains: [],
    isMinor: true,
  },
];

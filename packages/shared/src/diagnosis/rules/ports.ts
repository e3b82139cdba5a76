import { ofDownEtcd } from './consequences.ts';
import { listsListeners, type Rule, there } from './rule.ts';

export const portRules: readonly Rule[] = [
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

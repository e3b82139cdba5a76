import type { Severity } from '@picket/shared/protocol/notifications.ts';

/** How urgent a kind of problem is, for how long it must last before it is sent, and the page that helps. */
export interface Rule {
  readonly severity: Severity;
  readonly afterMinutes: number;
  /** In docs/how-to, without `.md`. */
  readonly page: string;
}

/**
 * What notifications are sent about. Each rule has the severity, the time and the page of its alert in
 * packaging/prometheus/picket-alerts.yml; a test compares them.
 */
export const rules = {
  'no-quorum': rule('critical', 1, 'rescue-a-cluster-without-a-quorum'),
  unknown: rule('critical', 5, 'troubleshoot'),
  'at-risk': rule('warning', 5, 'troubleshoot'),
  frozen: rule('warning', 5, 'unfreeze-a-cluster'),
  'no-space': rule('critical', 0, 'free-space-in-etcd'),
  corrupt: rule('critical', 0, 'repair-a-damaged-database'),
  'rollout-stopped': rule('warning', 1, 'change-settings'),
  'client-silent': rule('warning', 1, 'troubleshoot'),
  'data-lost': rule('critical', 0, 'replace-a-member'),
  'learner-stuck': rule('warning', 30, 'fix-a-learner-that-is-not-promoted'),
  'etcd-restarts': rule('warning', 0, 'see-what-happened'),
  'node-behind': rule('warning', 30, 'fix-a-node-without-updates'),
  'node-quarantined': rule('warning', 0, 'release-a-quarantined-node'),
  'node-to-readopt': rule('warning', 10, 're-adopt-nodes'),
  'wrong-etcd-version': rule('warning', 5, 'choose-the-etcd-version'),
  'database-near-quota': rule('warning', 15, 'free-space-in-etcd'),
  'disk-nearly-full': rule('warning', 15, 'free-space-in-etcd'),
  'disk-slow': rule('warning', 30, 'troubleshoot'),
  'board-hot': rule('warning', 15, 'troubleshoot'),
  'clock-off': rule('warning', 10, 'fix-a-wrong-clock'),
  'certificate-overdue': rule('warning', 15, 'renew-certificates'),
  'node-copied': rule('warning', 0, 'fix-a-copied-node'),
  'operator-certificate-ends': rule('warning', 0, 'manage-operators'),
  'authority-ends': rule('warning', 60, 'renew-certificates'),
  'snapshots-fail': rule('warning', 15, 'take-snapshots'),
  'snapshots-not-moved': rule('warning', 60, 'store-snapshots-in-s3'),
  'backup-old': rule('warning', 60, 'back-up-the-coordinator'),
  'store-disk-full': rule('critical', 5, 'take-snapshots'),
} as const satisfies Readonly<Record<string, Rule>>;

export type RuleName = keyof typeof rules;

/** null for a rule of another version. */
export function ruleOf(name: string): Rule | null {
  return Object.hasOwn(rules, name) ? rules[name as RuleName] : null;
}

function rule(severity: Severity, afterMinutes: number, page: string): Rule {
  return { severity, afterMinutes, page };
}

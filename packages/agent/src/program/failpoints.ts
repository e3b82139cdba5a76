/** Moments at which a test may kill the agent: before and after everything that survives the agent. */
export const agentFailpoints = [
  'join.after-key',
  'join.before-request',
  'join.after-answer',
  'join.after-identity',
  'renew.after-key',
  'renew.after-answer',
  'renew.after-write',
  'renew.after-former',
  'renew.after-put-back',
  'recover.after-answer',
  'recover.after-write',
  'desired.before-keep',
  'desired.after-keep',
  'credential.after-answer',
  'credential.after-write',
  'conf.before-write',
  'conf.after-write',
  'data-dir.after-intent',
  'data-dir.after-make',
  'data-dir.after-record',
  'etcd.before-install',
  'etcd.after-install',
  'etcd.after-version',
  'etcd.before-start',
  'etcd.after-start',
  'membership.before-call',
  'membership.after-call',
  'report.before-send',
  'leave.after-files',
  'leave.after-record',
  'leave.after-move',
  'leave.after-mark',
  'leave.after-forget',
] as const;

export type AgentFailpoint = (typeof agentFailpoints)[number];

/** Called at each named moment; does nothing in production. */
export type Failpoint = (name: AgentFailpoint) => void;

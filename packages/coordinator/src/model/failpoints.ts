/** The moments at which tests may end the process, to show what a crash there leaves behind. */
export const coordinatorFailpoints = [
  'join.before-commit',
  'join.after-commit',
  'renew.before-commit',
  'renew.after-commit',
  'in-force.before-commit',
  'in-force.after-commit',
  'recover.before-commit',
  'recover.after-commit',
  'issue.after-record',
  'publish.before-commit',
  'publish.after-commit',
] as const;

export type CoordinatorFailpoint = (typeof coordinatorFailpoints)[number];

/** Called at each of these moments; does nothing in production. */
export type Failpoint = (name: CoordinatorFailpoint) => void;

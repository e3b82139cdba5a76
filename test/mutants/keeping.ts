import type { Mutant } from './mutant.ts';

const agent = 'packages/agent';

/** What stays: a key on its node, a running etcd, and what was on a machine before Picket came. */
export const keeping: readonly Mutant[] = [
  {
    id: 'names-from-request',
    rule: 'R7',
    does: 'takes a CSR that asks for names, usages or an authority',
    file: 'packages/shared/src/pki/csr.ts',
    find: 'if (attributes !== undefined) refuseAttributes',
    replace: 'if (version.equals(Buffer.of(1)) && attributes !== undefined) refuseAttributes',
    caughtBy: 'packages/shared/test/pki/csr.test.ts',
  },
  {
    id: 'unproven-key',
    rule: 'R7',
    does: 'takes a CSR whose signature does not prove possession of its key',
    file: 'packages/shared/src/pki/csr.ts',
    find: "if (problem !== undefined) throw failure('csr_signature_invalid'",
    replace: "if (problem === '') throw failure('csr_signature_invalid'",
    caughtBy: 'packages/shared/test/pki/csr.test.ts',
  },
  {
    id: 'etcd-in-own-session',
    rule: 'R10',
    does: 'runs etcd in its own session, so that a signal to the agent reaches etcd',
    file: `${agent}/src/host/process/process-init.ts`,
    find: 'detached: true,',
    replace: 'detached: false,',
    caughtBy: `${agent}/test/host/process/process-init.test.ts`,
  },
  {
    id: 'renews-before-start',
    rule: 'R10',
    does: 'renews certificates before it starts an etcd that is down',
    file: `${agent}/src/reconcile/plan/plan.ts`,
    find: '[...acts, ...snapshot, ...credentials.renewals]',
    replace: '[...credentials.renewals, ...acts, ...snapshot]',
    caughtBy: `${agent}/test/reconcile/plan/plan.test.ts`,
  },
  {
    id: 'joins-beside-etcd',
    rule: 'R13',
    does: 'joins a machine that has an etcd already',
    file: `${agent}/src/preflight/foreign-etcd.ts`,
    find: 'if (found.length > 0) throw',
    replace: 'if (found.length > 99) throw',
    caughtBy: `${agent}/test/preflight/foreign-etcd.test.ts`,
  },
  {
    id: 'blind-to-data',
    rule: 'R13',
    does: 'does not see the data of an etcd that is stopped',
    file: `${agent}/src/preflight/foreign-etcd.ts`,
    find: 'if (held.length > 0) found.push',
    replace: 'if (held.length > 99) found.push',
    caughtBy: `${agent}/test/preflight/foreign-etcd.test.ts`,
  },
  {
    id: 'writes-over-another',
    rule: 'R1',
    does: 'keeps progress that was decided by a version which another has followed',
    file: 'packages/coordinator/src/inventory/clusters.ts',
    find: "        .where('progressVersion', '=', expected)\n",
    replace: '',
    caughtBy: 'packages/coordinator/test/executor/two-executors.test.ts',
  },
  {
    id: 'counts-progress-alone',
    rule: 'R1',
    does: 'keeps no next version for a commit that changes the nodes and no progress',
    file: 'packages/coordinator/src/executor/keep-commit.ts',
    find: 'else await store.clusters.keepProgress(',
    replace: 'else if (record.progress !== before.progress) await store.clusters.keepProgress(',
    caughtBy: 'packages/coordinator/test/executor/two-executors.test.ts',
  },
];

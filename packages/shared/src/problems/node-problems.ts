import { longSilence } from '../reasons/long-silence.ts';
import { type Reason, reason } from '../reasons/reason.ts';
import { alarm, type ProblemKind } from './problem-kind.ts';

/** From this many unexpected ends within a day on, restarts are a problem. */
const manyRestarts = 3;

/** What is wrong with a node, its etcd or its identity. */
export const nodeProblems = {
  'client-silent': {
    subject: 'node',
    alarm: alarm('warning', 1, 'silent', 'troubleshoot'),
    // A member that is silent is in the state of its cluster.
    ofClient: ({ silentMs, cluster, name }) =>
      silentMs !== null && silentMs > longSilence * 1000 ? reason('client_is_silent', { cluster, name }) : null,
  },
  'data-lost': {
    subject: 'member',
    alarm: alarm('critical', 0, 'data lost', 'replace-a-member'),
    shownBy: ['data_dir_missing', 'data_unusable'],
    ofMember: ({ status, cluster, name }) =>
      status?.service.state === 'lost-data'
        ? reason('data_is_lost', { cluster, name, why: status.service.reason })
        : null,
  },
  'learner-stuck': {
    subject: 'member',
    alarm: alarm('warning', 30, 'still a learner', 'fix-a-learner-that-is-not-promoted'),
    ofMember: ({ phase, cluster, name }) => (phase === 'learner' ? reason('learner_stays', { cluster, name }) : null),
  },
  'etcd-restarts': {
    subject: 'member',
    alarm: alarm('warning', 0, 'etcd restarts often', 'see-what-happened'),
    shownBy: ['restarted'],
    proves: (why) => (why as Reason<'restarted'>).facts.restarts >= manyRestarts,
  },
  'node-behind': {
    subject: 'node',
    alarm: alarm('warning', 30, 'desired state not applied', 'fix-a-node-without-updates'),
    shownBy: ['not_rendered'],
    ofMember: ({ status, generation, cluster, name }) =>
      status !== null && status.agent.generationApplied < generation
        ? reason('not_up_to_date', { cluster, name })
        : null,
  },
  'node-quarantined': {
    subject: 'node',
    alarm: alarm('warning', 0, 'quarantined', 'release-a-quarantined-node'),
    ofMember: ({ uncounted, cluster, name }) =>
      uncounted?.code === 'quarantined' ? reason('reports_uncounted', { cluster, name, why: uncounted }) : null,
  },
  'node-to-readopt': {
    subject: 'node',
    alarm: alarm('warning', 10, 'waits for re-adoption', 're-adopt-nodes'),
    shownBy: ['node_to_readopt'],
  },
  'node-copied': {
    subject: 'node',
    alarm: alarm('warning', 0, 'two machines with one identity', 'fix-a-copied-node'),
    shownBy: ['identity_is_frozen'],
  },
  'wrong-etcd-version': {
    subject: 'member',
    alarm: alarm('warning', 5, 'wrong etcd version installed', 'choose-the-etcd-version'),
    shownBy: ['other_minor_would_start'],
  },
} as const satisfies Readonly<Record<string, ProblemKind>>;

import { ofDownEtcd, ofSilence } from '../diagnosis/rules/consequences.ts';
import { releaseRemedyOr } from '../diagnosis/rules/release-remedy.ts';
import {
  asStatus,
  type Cause,
  commandIn,
  diagnoseThere,
  here,
  identifierIn,
  type Proof,
  there,
} from '../diagnosis/rules/rule.ts';
import { isoTime } from '../iso-time.ts';
import { durationOf } from '../reasons/durations.ts';
import { longSilence } from '../reasons/long-silence.ts';
import { factOf, type Reason, type ReasonCode, reason } from '../reasons/reason.ts';
import { startsAgent } from '../service-commands.ts';
import { alarm, type ClientView, inReport, type MemberView, type ProblemKind } from './problem-kind.ts';

/** Those that say more come first: a notice has the command, and what it knows of the node's key. */
const ofReadoption: readonly ReasonCode[] = [
  'newer_node_shows_itself',
  'node_to_readopt',
  'awaits_readoption',
  'node_readopted',
];

/** Of the same node, so that each is named once. */
function saysMore(one: Proof, other: Proof): boolean {
  const rank = ({ reason }: Proof) => (ofReadoption as readonly string[]).indexOf(reason.code);
  return one.about === other.about && rank(one) < rank(other);
}

/** From this many unexpected ends within a day on, restarts are a problem. */
const manyRestarts = 3;

const status = 'picket-agent status';

/** What follows if it is known why a node is silent. */
const ofKnownSilence: readonly Cause[] = ['cause_silent', ...ofSilence];
/** For a machine that does not come back. */
const waysOut = ['way_some_lost', 'way_all_lost', 'another_takes_place'] as const;

/** What is wrong with a node, its etcd or its identity. */
export const nodeProblems = {
  'node-silent': {
    subject: 'node',
    causes: [
      {
        cause: 'cause_machine_off',
        isOfSilence: true,
        page: 'troubleshoot.md#a-node-was-off',
        shownBy: ['machine_stopped'],
        next: () => null,
        explains: ofKnownSilence,
        otherwise: waysOut,
      },
      {
        cause: 'cause_agent_stopped',
        isOfSilence: true,
        page: 'find-the-cause.md#an-agent-that-does-not-report',
        shownBy: ['agent_stopped', 'agent_runs_not'],
        next: there(startsAgent),
        explains: ofKnownSilence,
        leavesOpen: ['cause_voter_down'],
      },
      {
        cause: 'cause_never_reported',
        isOfSilence: true,
        page: 'find-the-cause.md#an-agent-that-does-not-report',
        shownBy: ['not_reported'],
        next: there(startsAgent),
        explains: ofKnownSilence,
        leavesOpen: ['cause_voter_down'],
        isSymptom: true,
        otherwise: waysOut,
      },
      {
        cause: 'cause_silent',
        isOfSilence: true,
        page: 'troubleshoot.md#a-node-was-off',
        shownBy: ['silent', 'reported_ahead_of_clock'],
        next: there('rc-service picket-agent status || systemctl status picket-agent'),
        explains: ofSilence,
        leavesOpen: ['cause_voter_down'],
        isSymptom: true,
        otherwise: waysOut,
      },
    ],
  },
  'voter-down': {
    subject: 'member',
    endsWithIncarnation: true,
    causes: [
      {
        cause: 'cause_voter_down',
        isOfSilence: true,
        page: 'troubleshoot.md',
        shownBy: [
          'of_member',
          'etcd_silent',
          'no_leader',
          'no_reads',
          'etcd_not_started',
          'never_answered',
          'etcd_is_silent',
        ],
        // An ailment may be that of a member that leaves, or of one that only has not reported yet.
        proves: (one, { failing }) =>
          one.code !== 'of_member' || failing.some((name) => name === factOf(one, 'member')),
        together: (found, { leaderless = [] }) =>
          found.filter(({ about }) => about === null || !leaderless.includes(about)),
        next: diagnoseThere,
        otherwise: ['another_takes_place'],
      },
    ],
  },
  'data-missing': { subject: 'member', shownBy: ['data_dir_missing'], endsWithIncarnation: true },
  'client-silent': {
    subject: 'node',
    alarm: alarm('warning', 1, 'silent', 'troubleshoot'),
    shownBy: ['client_is_silent'],
    limit: `no report for ${durationOf(longSilence * 1000)}`,
    // A member that is silent is in the state of its cluster.
    ofClient: ({ silentMs, cluster, name }) =>
      silentMs !== null && silentMs > longSilence * 1000 ? reason('client_is_silent', { cluster, name }) : null,
  },
  'data-lost': {
    subject: 'member',
    milder: 'data-missing',
    endsWithIncarnation: true,
    alarm: alarm('critical', 0, 'data lost', 'replace-a-member'),
    shownBy: ['data_dir_missing', 'data_unusable', 'data_is_lost'],
    ofMember: ({ status, cluster, name }) =>
      status?.service.state === 'lost-data'
        ? reason('data_is_lost', { cluster, name, why: status.service.reason })
        : null,
    causes: [
      {
        cause: 'cause_data_lost',
        page: 'replace-a-member.md#replace-the-data',
        shownBy: [
          'data_lost',
          'data_deleted',
          'data_dir_missing',
          'runs_without_data',
          'majority_lost',
          'etcd_was_bootstrapped',
          'etcd_lost_entries',
        ],
        next: there('df -h /var/lib/picket; ls /var/lib/picket/etcd'),
        explains: [...ofDownEtcd, 'cause_data_damaged'],
        otherwise: ['data_dir_missing', 'majority_lost'],
      },
      {
        cause: 'cause_data_damaged',
        page: 'replace-a-member.md#replace-the-data',
        shownBy: ['data_unusable', 'etcd_wal_damaged', 'etcd_data_damaged'],
        // Only the status knows whether the member can be replaced now.
        next: (of, scene) => scene.statusNext ?? there('picket-agent status')(of, scene),
        explains: ofDownEtcd,
      },
    ],
  },
  'learner-stuck': {
    subject: 'member',
    alarm: alarm('warning', 30, 'still a learner', 'fix-a-learner-that-is-not-promoted'),
    shownBy: ['learner_stays'],
    ofMember: ({ phase, cluster, name }) => (phase === 'learner' ? reason('learner_stays', { cluster, name }) : null),
  },
  'etcd-restarts': {
    subject: 'member',
    alarm: alarm('warning', 0, 'etcd restarts often', 'see-what-happened'),
    shownBy: ['restarted'],
    limit: `${manyRestarts} unexpected ends within a day`,
    proves: (why) => (why as Reason<'restarted'>).facts.restarts >= manyRestarts,
    causes: [
      {
        cause: 'cause_etcd_ends',
        page: 'troubleshoot.md#etcd-crashes',
        shownBy: ['ended', 'ended_often', 'ended_and_silent', 'ended_unobserved', 'start_pauses'],
        next: there('tail -n 20 /var/log/etcd/etcd.log'),
        explains: [...ofSilence, 'cause_etcd_restarted'],
        isSymptom: true,
      },
      {
        cause: 'cause_etcd_restarted',
        page: 'troubleshoot.md#etcd-crashes',
        shownBy: ['restarted'],
        next: here((cluster, member) => `picket events ${cluster} --node ${member} --since 24h`),
        countsAs: 'over',
        isSymptom: true,
      },
    ],
  },
  'hash-check-off': {
    subject: 'node',
    shownBy: ['hash_check_off'],
    onMachine: inReport(({ machine }) => machine.hashCheck ?? null, {
      begins: (isOn) => !isOn,
      ends: (isOn) => isOn,
      says: (member) => reason('hash_check_off', { member }),
    }),
    causes: [
      {
        cause: 'cause_hash_check_off',
        page: 'repair-a-damaged-database.md#a-member-that-does-not-compare',
        shownBy: ['hash_check_off'],
        next: there('grep -n -e hash-check -e feature-gates /etc/etcd/conf.yml; etcd --version'),
        countsAs: 'minor',
      },
    ],
  },
  'node-behind': {
    subject: 'node',
    alarm: alarm('warning', 30, 'desired state not applied', 'fix-a-node-without-updates'),
    shownBy: ['not_rendered', 'not_up_to_date'],
    ofMember: isBehind,
    ofClient: isBehind,
    causes: [
      {
        cause: 'cause_state_not_applied',
        page: 'fix-a-node-without-updates.md',
        shownBy: [
          'not_rendered',
          'step_failed',
          'not_noted',
          'not_looked_at',
          'look_hangs',
          'overlay_not_saved',
          'other_inventory_offered',
          'other_epoch_offered',
          'older_generation_offered',
          'generation_differs',
          'generation_seen_before',
          'generation_not_kept',
          'would_found_again',
          'incarnation_unknown_to_coordinator',
          'answer_for_other_node',
          'other_kind_offered',
          'wanted_incarnation_retired',
          'tool_would_run_as_root',
          'release_not_fetched',
          'release_not_in_store',
          'release_no_room',
          'release_unfit',
          'release_of_other_version',
          'release_folder_exposed',
          'conf_differs',
        ],
        next: releaseRemedyOr(there('picket-agent once')),
      },
    ],
  },
  'node-quarantined': {
    subject: 'node',
    alarm: alarm('warning', 0, 'quarantined', 'release-a-quarantined-node'),
    shownBy: ['reports_uncounted'],
    ofMember: ({ uncounted, cluster, name }) =>
      uncounted?.code === 'quarantined' ? reason('reports_uncounted', { cluster, name, why: uncounted }) : null,
    causes: [
      {
        cause: 'cause_quarantined',
        page: 'release-a-quarantined-node.md',
        shownBy: ['quarantined', 'node_quarantined'],
        next: asStatus,
        explains: ['cause_voter_down'],
        leavesOpen: ['cause_voter_down'],
      },
    ],
  },
  'node-to-readopt': {
    subject: 'node',
    alarm: alarm('warning', 10, 'waits for re-adoption', 're-adopt-nodes'),
    shownBy: ['node_to_readopt'],
    causes: [
      {
        cause: 'cause_awaits_readoption',
        page: 're-adopt-nodes.md',
        shownBy: ofReadoption,
        together: (found) => found.filter((one) => !found.some((other) => saysMore(other, one))),
        next: ({ proof }, { place }) => {
          const nodeId = identifierIn(proof, 'nodeId');
          return place === 'board' || nodeId === null ? null : { command: `picket node readopt ${nodeId}`, on: null };
        },
        explains: ['cause_restored', 'cause_frozen', 'cause_never_reported', 'cause_silent', 'cause_voter_down'],
        // Nobody knows yet whether its etcd serves.
        leavesOpen: ['cause_voter_down'],
      },
    ],
  },
  'node-copied': {
    subject: 'node',
    alarm: alarm('warning', 0, 'two machines with one identity', 'fix-a-copied-node'),
    shownBy: ['identity_is_frozen'],
    ofIdentity: ({ name, nodeId, kind, frozen }) => {
      if (frozen === null) return null;
      const { at, because } = frozen;
      return reason('identity_is_frozen', { name, nodeId, at: isoTime(at), because, kind });
    },
    causes: [
      {
        cause: 'cause_copied_node',
        page: 'fix-a-copied-node.md',
        shownBy: ['identity_is_frozen'],
        next: here(() => 'picket node list'),
        explains: ['cause_renewal_late'],
      },
    ],
  },
  'wrong-etcd-version': {
    subject: 'member',
    alarm: alarm('warning', 5, 'wrong etcd version installed', 'choose-the-etcd-version'),
    shownBy: ['other_minor_would_start'],
    causes: [
      {
        cause: 'cause_version_held_back',
        page: 'choose-the-etcd-version.md#install-the-right-minor-version-again',
        shownBy: [
          ...(['minor_to_install', 'minor_would_change', 'minor_skipped'] as const),
          ...(['other_minor_installed', 'other_minor_would_start'] as const),
        ],
        next: (of, scene) => there(commandIn(of.proof, scene) ?? status)(of, scene),
        explains: [...ofDownEtcd, 'cause_etcd_too_old', 'cause_data_of_former_etcd'],
      },
    ],
  },
} as const satisfies Readonly<Record<string, ProblemKind>>;

function isBehind({ status, generation, cluster, name }: MemberView | ClientView): Reason | null {
  return status !== null && status.agent.generationApplied < generation
    ? reason('not_up_to_date', { cluster, name })
    : null;
}

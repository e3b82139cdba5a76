import { startsAgent } from '../../service-commands.ts';
import { ofSilence } from './consequences.ts';
import { type Rule, there, urlIn } from './rule.ts';

/** The etcd of a node that does not report may serve. */
const leavesOpen = ['cause_voter_down'] as const;

export const silenceRules: readonly Rule[] = [
  {
    cause: 'cause_coordinator_away',
    page: 'find-the-cause.md#an-agent-that-does-not-report',
    shownBy: [],
    errors: ['coordinator_unreachable', 'coordinator_name_mismatch', 'coordinator_answer_invalid'],
    next: (of, scene) => {
      const { hostname = 'HOST', port = '' } = urlIn(of.proof, 'url') ?? {};
      return there(`nc -zv -w 5 ${hostname} ${port || '7443'}`)(of, scene);
    },
    explains: [],
  },
  {
    cause: 'cause_coordinator_unreached',
    page: 'find-the-cause.md#an-agent-that-does-not-report',
    shownBy: ['nobody_reports'],
    // With machines that were shut down, it is known why.
    proves: ({ facts }) => (facts as { readonly off?: readonly string[] }).off?.length === 0,
    next: (_of, { members }) => ({ command: 'picket-agent status', on: members[0]?.name ?? null }),
    explains: ['cause_never_reported', 'cause_silent', ...ofSilence],
    leavesOpen,
    otherwise: ['way_all_lost', 'way_some_lost'],
  },
  {
    cause: 'cause_machine_off',
    isOfSilence: true,
    page: 'troubleshoot.md#a-node-was-off',
    shownBy: ['machine_stopped'],
    next: () => null,
    explains: ['cause_silent', ...ofSilence],
    otherwise: ['way_some_lost', 'way_all_lost', 'another_takes_place'],
  },
  {
    cause: 'cause_agent_stopped',
    isOfSilence: true,
    page: 'find-the-cause.md#an-agent-that-does-not-report',
    shownBy: ['agent_stopped', 'agent_runs_not'],
    next: there(startsAgent),
    explains: ['cause_silent', ...ofSilence],
    leavesOpen,
  },
  {
    cause: 'cause_never_reported',
    isOfSilence: true,
    page: 'find-the-cause.md#an-agent-that-does-not-report',
    shownBy: ['not_reported'],
    next: there(startsAgent),
    explains: ['cause_silent', ...ofSilence],
    leavesOpen,
    isSymptom: true,
    otherwise: ['way_some_lost', 'way_all_lost', 'another_takes_place'],
  },
  {
    cause: 'cause_silent',
    isOfSilence: true,
    page: 'troubleshoot.md#a-node-was-off',
    shownBy: ['silent', 'reported_ahead_of_clock'],
    next: there('rc-service picket-agent status || systemctl status picket-agent'),
    explains: ofSilence,
    leavesOpen,
    isSymptom: true,
    otherwise: ['way_some_lost', 'way_all_lost', 'another_takes_place'],
  },
];

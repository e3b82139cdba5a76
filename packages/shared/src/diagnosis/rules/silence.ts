import { startsAgent } from '../../service-commands.ts';
import { ofSilence } from './consequences.ts';
import { type Rule, there } from './rule.ts';

/** The etcd of a node that does not report may serve. */
const leavesOpen = ['cause_voter_down'] as const;

export const silenceRules: readonly Rule[] = [
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

import { resetFormation } from '../../../src/controller/apply-step.ts';
import { leaseSeconds } from '../../../src/controller/limits.ts';
import type { ClusterStatus, NodeObservation } from '../../../src/controller/model.ts';
import { nextStep } from '../../../src/controller/next-step.ts';
import { type Guards, realGuards } from './coordinator-model.ts';

/** The controller with one guard taken out: the simulation must notice. */
export interface Mutant {
  readonly name: string;
  /** The rule, or one of the rules, that it breaks. */
  readonly breaks: readonly string[];
  /** It must be caught by a known history or within this many random ones. */
  readonly within: number;
  readonly guards: Guards;
}

function withNext(next: typeof nextStep): Guards {
  return { ...realGuards, next };
}

export const mutants: readonly Mutant[] = [
  {
    name: 'believes member lists older than what is recorded (recordedIndex)',
    breaks: ['liveness'],
    within: 100,
    guards: withNext((spec, status, progress, now) => nextStep(spec, status, { ...progress, recordedIndex: 0 }, now)),
  },
  {
    name: 'promotes to an even count of voters',
    breaks: ['R3'],
    within: 100,
    guards: withNext((spec, status, progress, now) => {
      const decision = nextStep(spec, status, progress, now);
      if (decision.step !== null || !decision.waits.some((wait) => wait.includes('rests as a learner')))
        return decision;
      const [learner] = Object.entries(progress.members).filter(([, { phase }]) => phase === 'learner');
      if (learner?.[1].memberId == null || progress.formation === null) return decision;
      const mutation = { kind: 'promote', member: learner[0], memberId: learner[1].memberId } as const;
      return { step: { kind: 'assign', mutation, executor: progress.formation.member }, waits: [] };
    }),
  },
  {
    name: 'shows nodes what is not stored yet, so that a crash releases a second founder',
    breaks: ['R1', 'R12', 'R5'],
    within: 100,
    guards: { ...realGuards, publishesFirst: true },
  },
  {
    name: 'resets a formation that may have a second voter',
    breaks: ['R1'],
    within: 100,
    guards: {
      ...realGuards,
      reset: (progress, name) => resetFormation({ ...progress, secondVoterPossible: false }, name),
    },
  },
  {
    name: 'grants the next permit as soon as the last is withdrawn, without its lease',
    breaks: ['R2'],
    within: 100,
    guards: withNext((spec, status, progress, now) => {
      const permit = progress.permit;
      if (permit?.withdrawnAt == null) return nextStep(spec, status, progress, now);
      const withdrawnAt = permit.withdrawnAt - 2 * leaseSeconds * 1000;
      return nextStep(spec, status, { ...progress, permit: { ...permit, withdrawnAt } }, now);
    }),
  },
  {
    name: 'adds a member before its node has put its former life away',
    breaks: ['R4'],
    within: 100,
    guards: withNext((spec, status, progress, now) =>
      nextStep(
        spec,
        withReports(status, (node) => ({ generationApplied: node.generation })),
        progress,
        now,
      ),
    ),
  },
  {
    name: 'releases a configuration to the next member before the first has shown that it can run with it',
    breaks: ['R6'],
    within: 100,
    guards: withNext((spec, status, progress, now) =>
      nextStep(spec, status, { ...progress, configuration: { ...progress.configuration, trial: null } }, now),
    ),
  },
  {
    name: 'does not listen to a member that says what it cannot run with',
    breaks: ['R6', 'liveness'],
    within: 100,
    guards: withNext((spec, status, progress, now) =>
      nextStep(
        spec,
        withServices(status, () => ({ rejected: null })),
        progress,
        now,
      ),
    ),
  },
];

function withServices(
  status: ClusterStatus,
  change: (node: NodeObservation) => Partial<NonNullable<NodeObservation['status']>['service']>,
): ClusterStatus {
  const nodes = Object.entries(status.nodes).map(([name, node]) => {
    if (node.status === null) return [name, node] as const;
    const service = { ...node.status.service, ...change(node) };
    return [name, { ...node, status: { ...node.status, service } }] as const;
  });
  return { ...status, nodes: Object.fromEntries(nodes) };
}

function withReports(
  status: ClusterStatus,
  change: (node: NodeObservation) => Partial<NonNullable<NodeObservation['status']>['agent']>,
): ClusterStatus {
  const nodes = Object.entries(status.nodes).map(([name, node]) => {
    if (node.status === null) return [name, node] as const;
    const agent = { ...node.status.agent, ...change(node) };
    return [name, { ...node, status: { ...node.status, agent } }] as const;
  });
  return { ...status, nodes: Object.fromEntries(nodes) };
}

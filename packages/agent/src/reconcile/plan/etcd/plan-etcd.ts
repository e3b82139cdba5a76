import { reason } from '@picket/shared/reasons/reason.ts';
import type { AgentStep, Plan } from '../../../model/model.ts';
import { isDown } from '../../../model/version-guard.ts';
import { type Case, firstCase } from './cases.ts';
import { downCases } from './down.ts';
import { type EtcdSituation, type IncarnationFacts, incarnationFacts, type WantedFacts, wantedFacts } from './facts.ts';
import { runningCases } from './running.ts';
import { comesBack, fileChanges, link, nothing, retire, type StartStep, waiting, writes } from './steps.ts';

/** Files, service, data directory and etcd itself: everything between the certificates and the membership. */
export function planEtcd(situation: EtcdSituation): Plan {
  const facts = incarnationFacts(situation);
  return withDefinition(facts, firstCase(incarnationCases, facts));
}

/** Restores a definition that somebody changed; this restarts nothing. */
function withDefinition({ current, wanted, running, foreign }: IncarnationFacts, planned: Plan): Plan {
  const { alteredService: altered } = current;
  if (altered.length === 0 || !(running || wanted !== null) || foreign !== null) return planned;
  const install: AgentStep = { kind: 'install-service', altered };
  const rest = planned.steps.filter(({ kind }) => kind !== 'install-service');
  // If the disk does not take it, that must not delay what a running etcd needs.
  return { ...planned, steps: running ? [...rest, install] : [install, ...rest] };
}

const stranger = reason('unknown_etcd_runs');

/** Which incarnation is wanted, which one this node has, and whether it runs. */
const incarnationCases: readonly Case<IncarnationFacts>[] = [
  [
    'the wanted incarnation is retired',
    ({ wanted, retiredItself }) =>
      retiredItself && wanted && waiting(reason('wanted_incarnation_retired', { incarnation: wanted.incarnation })),
  ],
  [
    'the incarnation before it is not retired',
    ({ wanted, ran, passes }) =>
      !passes &&
      wanted &&
      waiting(reason('former_incarnation_unretired', { former: ran, incarnation: wanted.incarnation })),
  ],
  [
    'it is down, and wanted',
    (facts) => !facts.running && facts.wanted && firstCase(downCases, wantedFacts(facts, facts.wanted)),
  ],
  // Not this member's turn yet: only the bundles are written. If etcd is retired and down, as when its member has been
  // removed, neither its supervisor nor the next boot may start it.
  [
    'it is down, and not wanted',
    (facts) => !facts.running && { ...nothing, steps: [...keptDown(facts), ...writes(facts)], ...hindered(facts) },
  ],
  [
    'it runs, is not wanted and not retired',
    ({ passes, ran, current }) =>
      !passes && waiting(reason('incarnation_goes_on', { incarnation: ran, isDown: isDown(current) })),
  ],
  [
    'it runs, no start of it is recorded, and one is wanted',
    (facts) => facts.ran === null && facts.wanted && firstCase(unrecordedCases, wantedFacts(facts, facts.wanted)),
  ],
  ['it runs, and no start of it is recorded', ({ ran }) => ran === null && waiting(stranger)],
  [
    'the wanted incarnation runs',
    (facts) =>
      facts.ran === facts.wanted?.incarnation &&
      facts.wanted &&
      firstCase(runningCases, wantedFacts(facts, facts.wanted)),
  ],
  ['a retired incarnation runs, and Picket did not write conf.yml', ({ foreign }) => foreign && waiting(foreign)],
  [
    'a retired incarnation runs instead of the wanted one',
    (facts) =>
      facts.ran !== null && facts.wanted && firstCase(downCases, wantedFacts(facts, facts.wanted, [retire(facts.ran)])),
  ],
  [
    'a retired incarnation runs',
    (facts) => facts.ran !== null && { ...nothing, steps: [retire(facts.ran), ...writes(facts)] },
  ],
];

function hindered({ current: { portTaken } }: IncarnationFacts): Pick<Plan, 'hinders'> {
  return portTaken === null ? {} : { hinders: [portTaken] };
}

function keptDown({ current, passes, ran }: IncarnationFacts): readonly AgentStep[] {
  return comesBack(current) && passes && ran !== null ? [retire(ran)] : [];
}

/**
 * It runs, and no start of it is recorded: the machine was restarted after this agent had prepared everything and
 * before it recorded the start, and the init system started etcd. If the files are as desired, that is what it runs.
 */
const unrecordedCases: readonly Case<WantedFacts>[] = [
  ['its conf.yml cannot be used', ({ refused }) => refused && waiting(refused)],
  ['this agent had not prepared everything', (facts) => !isLaidReady(facts) && waiting(stranger)],
  ['everything was prepared', (facts) => facts.start && { ...nothing, steps: noteStart(facts, facts.start) }],
];

function noteStart(facts: WantedFacts, start: StartStep): readonly AgentStep[] {
  const make: AgentStep = { kind: 'make-data-dir', incarnation: start.incarnation };
  return [...link(facts), ...(facts.dir.kind === 'to-make' ? [make] : []), start];
}

function isLaidReady(facts: WantedFacts): boolean {
  const begun = facts.current.journal.incarnations[facts.wanted.incarnation] !== undefined;
  return begun && fileChanges(facts).length === 0;
}

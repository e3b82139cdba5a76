import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { AgentStep } from '../../../model/model.ts';
import { versionWait } from '../../../model/version-guard.ts';
import { isStoppedForHold } from '../../lease.ts';
import type { Case } from './cases.ts';
import type { WantedFacts } from './facts.ts';
import { comesBack, noEtcd, nothing, type StartStep, waiting, writes } from './steps.ts';

/** etcd is wanted, and is down or about to be. */
export const downCases: readonly Case<WantedFacts>[] = [
  [
    'its machine is worked on',
    ({ accepted: { document }, current, before }) =>
      isStoppedForHold(document, current) && waiting(reason('hold_keeps_etcd_down'), before),
  ],
  ['its data is lost', ({ lost, before }) => lost && waiting(reason('operator_for_data', { why: lost }), before)],
  ['its conf.yml cannot be used', ({ refused, before }) => refused && waiting(refused, before)],
  ['Picket did not write conf.yml', ({ foreign, before }) => foreign && waiting(foreign, before)],
  [
    // Its guard may start it at any time once the right etcd is back, so nothing of it changes meanwhile.
    'another minor version is installed',
    ({ other, current, before }) => other && waiting(versionWait(other, current.etcdRemedy), before),
  ],
  [
    'no etcd is installed',
    (facts) => facts.current.etcdVersion === null && waiting(noEtcd(facts.current), laid(facts)),
  ],
  ['its certificates are missing', (facts) => facts.obstacle !== null && waiting(facts.obstacle, laid(facts))],
  [
    'this agent has not made its data dir',
    (facts) => {
      const path = `${facts.paths.dataRoot}/${facts.wanted.incarnation}`;
      return facts.dir.kind === 'unknown' && waiting(reason('data_dir_of_others', { path }), laid(facts));
    },
  ],
  [
    'one of its ports is taken',
    (facts) => facts.current.portTaken !== null && waiting(facts.current.portTaken, laid(facts)),
  ],
  [
    'it has just failed to stay up',
    (facts) => facts.current.monotonic < facts.current.pausedUntil.start && waiting(afterCrash(facts), laid(facts)),
  ],
  ['nothing prevents its start', (facts) => facts.start && { ...nothing, steps: begin(facts, facts.start) }],
];

function begin(facts: WantedFacts, start: StartStep): readonly AgentStep[] {
  const install: AgentStep = { kind: 'install-service', altered: [] };
  return [
    ...laid(facts),
    ...(facts.current.service.kind === 'absent' ? [install] : []),
    ...(facts.dir.kind === 'to-make' ? [makeStep(facts)] : []),
    ...clears(facts),
    start,
  ];
}

/** Files before the start. A supervisor or a boot may start etcd between two of them, so that is prevented first. */
function laid(facts: WantedFacts): readonly AgentStep[] {
  const { before, current } = facts;
  const files = writes(facts);
  const hold: AgentStep = { kind: 'stop-etcd', of: 'down', why: reason('files_change') };
  const changes = files.length + clears(facts).length > 0;
  return [...(comesBack(current) && changes && before.length === 0 ? [hold] : before), ...files];
}

function clears({ founds, current, wanted: { incarnation } }: WantedFacts): readonly AgentStep[] {
  return founds && current.dataDirs[incarnation] === 'unborn' ? [{ kind: 'clear-unborn', incarnation }] : [];
}

function makeStep({ wanted: { incarnation, restore }, config }: WantedFacts): AgentStep {
  if (restore === undefined || config === null) return { kind: 'make-data-dir', incarnation };
  const { name, initialClusterToken: token, initialAdvertisePeerUrls } = config;
  const member = { name, peerUrl: initialAdvertisePeerUrls[0] ?? '', token };
  return { kind: 'restore-data', incarnation, order: restore, member };
}

function afterCrash({ current: { service, unstarted }, wanted }: WantedFacts): Reason {
  if (wanted.restore !== undefined && unstarted !== null) return reason('restore_pauses', { why: unstarted });
  return reason('start_pauses', { how: service.kind === 'crashed' ? service.how : null });
}

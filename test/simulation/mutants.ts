import type { Accepted } from '@picket/agent/model/model.ts';
import { applyStep } from '@picket/coordinator/controller/apply-step.ts';
import { nextStep } from '@picket/coordinator/controller/next-step.ts';
import { resetFormation } from '@picket/coordinator/controller/reset-formation.ts';
import type { ClusterStatus, NodeObservation } from '@picket/coordinator/model/cluster-status.ts';
import { reachable } from '@picket/coordinator/model/health.ts';
import type { MemberProgress } from '@picket/coordinator/model/membership-progress.ts';
import type { Decision } from '@picket/coordinator/model/opinion.ts';
import type { ClusterProgress, Step } from '@picket/coordinator/model/progress.ts';
import { peerUrlOf } from '@picket/coordinator/model/urls.ts';
import { freshFor, leaseSeconds } from '@picket/coordinator/model/waits.ts';
import { isOfMinor } from '@picket/shared/etcd-version.ts';
import type { DesiredState } from '@picket/shared/protocol/desired-state.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { minimalDesiredState } from './desired-state-model.ts';
import { type Guards, realGuards } from './guards.ts';
import { changed, shown, told, withAgent, withNext, withRescue } from './mutant-tools.ts';
import { upgradeMutants } from './upgrade-mutants.ts';
import { tellsOfOtherCluster } from './world.ts';

/** The decisions with one guard taken out: the simulation must notice. */
export interface Mutant {
  readonly id: string;
  /** The rule whose guard it is. */
  readonly rule: string;
  /** What it does, after "a coordinator that" or "an agent that". */
  readonly does: string;
  /** It must be caught by a known history or within this many random ones. */
  readonly within: number;
  /** Beside its own, a rule that may be seen to break first. */
  readonly breaksToo?: readonly string[];
  readonly guards: Guards;
}

export const mutants: readonly Mutant[] = [
  {
    id: 'two-founders',
    rule: 'R1',
    does: 'founds once more while the founder is not heard of',
    within: 50,
    guards: shown((progress) => (progress.formation?.clusterId === null ? { ...progress, formation: null } : progress)),
  },
  {
    id: 'second-voter-reset',
    rule: 'R1',
    does: 'resets a formation that may have a second voter',
    within: 100,
    guards: {
      ...realGuards,
      reset: (progress, name, status) => resetFormation({ ...progress, secondVoterPossible: false }, name, status),
    },
  },
  {
    id: 'goes-on-once-deleted',
    rule: 'R1',
    does: 'founds a cluster again that is deleted',
    within: 50,
    guards: shown((progress) => (progress.deletion?.ended == null ? progress : { ...progress, deletion: null })),
  },
  {
    id: 'lets-the-living-go',
    rule: 'R16',
    does: 'lets the nodes of a deleted cluster go while their etcd runs',
    within: 50,
    guards: withNext((spec, status, progress, now) => {
      const ends = progress.deletion?.ended != null;
      const stopped = changed(status, ({ generation }) => ({
        agent: { generationApplied: generation },
        service: { incarnation: null },
      }));
      return nextStep(spec, ends ? stopped : status, progress, now);
    }),
  },
  {
    id: 'all-new',
    rule: 'R1',
    does: 'releases every member as new',
    within: 50,
    breaksToo: ['liveness'],
    guards: {
      ...realGuards,
      desired: (spec, progress, name) => {
        const desired = minimalDesiredState(spec, progress, name);
        return { ...desired, etcd: desired.etcd === null ? null : { ...desired.etcd, state: 'new' } };
      },
    },
  },
  {
    id: 'foreign-cluster',
    rule: 'R1',
    does: 'goes on though a member reports another cluster',
    within: 200,
    guards: withNext((spec, status, progress, now) => {
      const decision = nextStep(spec, status, progress, now);
      return isForeign(decision.step) ? { step: null, waits: [] } : decision;
    }),
  },
  {
    id: 'one-foreigner-freezes',
    rule: 'R1',
    does: 'freezes a cluster though a majority serves it and one member reports another',
    within: 200,
    guards: withNext((spec, status, progress, now) => {
      const { step, waits } = nextStep(spec, status, progress, now);
      return { step: step !== null && isForeign(step) ? { kind: 'freeze', reason: step.reason } : step, waits };
    }),
  },
  {
    id: 'first-word-founds',
    rule: 'R1',
    does: 'founds before its nodes follow it and no longer the one that was lost',
    within: 100,
    breaksToo: ['liveness'],
    guards: told(({ epoch }) => ({ agent: epoch === undefined ? {} : { epoch } })),
  },
  {
    id: 'permit-beside-permit',
    rule: 'R2',
    does: 'grants a permit while another is out',
    within: 50,
    guards: shown(withoutPermit),
  },
  {
    id: 'permit-beside-hold',
    rule: 'R2',
    does: 'grants a permit while a member is held',
    within: 200,
    guards: shown((progress) => (progress.permit?.hold === undefined ? progress : withoutPermit(progress))),
  },
  {
    id: 'confirmed-unheard',
    rule: 'R2',
    does: 'ends a permit as soon as its holder needs it no more, and before that has heard of it',
    within: 100,
    guards: withNext((spec, status, progress, now) => {
      const decision = nextStep(spec, status, progress, now);
      const { step } = decision;
      if (step?.kind !== 'withdraw-permit' || step.reason.code !== 'needs_no_restart') return decision;
      return { ...decision, step: { kind: 'close-permit', member: step.member, outcome: 'confirmed' } };
    }),
  },
  {
    id: 'early-lapse',
    rule: 'R2',
    does: 'grants the next permit as soon as the last is withdrawn, without its lease',
    within: 200,
    guards: shown((progress) => withdrawnEarlier(progress, 2 * leaseSeconds * 1000)),
  },
  {
    id: 'no-last-moment',
    rule: 'R2',
    does: 'forgets that a holder may begin at the last moment of its lease',
    within: 100,
    guards: shown((progress) => withdrawnEarlier(progress, freshFor)),
  },
  {
    id: 'old-confirmation',
    rule: 'R2',
    does: 'takes a report from before the permit for its confirmation',
    within: 100,
    guards: withNext((spec, status, progress, now) => {
      const late = changed(status, ({ generation }, _said, name) =>
        name === progress.permit?.member ? { agent: { generationSeen: generation } } : {},
      );
      return nextStep(spec, late, progress, now);
    }),
  },
  {
    id: 'sick-voter',
    rule: 'R2',
    does: 'lets a member restart while another voter is not known to serve',
    within: 100,
    guards: blindFor((step) => step.kind === 'grant-permit'),
  },
  {
    id: 'unasked-downtime',
    rule: 'R2',
    does: 'restarts a member of a cluster of two, and no operator allows downtime',
    within: 100,
    guards: withNext((spec, status, progress, now) =>
      nextStep({ ...spec, allowDowntime: true }, status, progress, now),
    ),
  },
  {
    id: 'membership-beside-permit',
    rule: 'R2',
    does: 'changes the membership while a member may be down by permit',
    within: 100,
    guards: withNext((spec, status, progress, now) => {
      const decision = nextStep(spec, status, { ...progress, permit: null }, now);
      return decision.step?.kind === 'assign' ? decision : nextStep(spec, status, progress, now);
    }),
  },
  {
    id: 'believed-clock',
    rule: 'R2',
    does: 'goes on waiting by a clock that was set',
    within: 100,
    breaksToo: ['liveness'],
    guards: { ...realGuards, afterClockStep: (progress) => progress, afterStart: (progress) => progress },
  },
  {
    id: 'freeze-forgets-permit',
    rule: 'R2',
    does: 'forgets a permit when it freezes',
    within: 100,
    guards: {
      ...realGuards,
      apply: (progress, step, ...rest) => {
        const after = applyStep(progress, step, ...rest);
        return step.kind === 'freeze' ? { ...after, permit: null } : after;
      },
    },
  },
  {
    id: 'no-permit',
    rule: 'R2',
    does: 'restarts its etcd without a permit',
    within: 50,
    guards: withAgent({ needsPermit: false }),
  },
  {
    id: 'answers-without-deciding',
    rule: 'R2',
    does: 'answers a node after a long sleep by what it had decided before',
    within: 50,
    guards: { ...realGuards, keepsUp: false },
  },
  {
    id: 'leaves-permits-out',
    rule: 'R2',
    does: 'leaves a permit with its holder though another voter serves no longer',
    within: 50,
    guards: withNext((spec, status, progress, now) => {
      const decision = nextStep(spec, status, progress, now);
      const { step } = decision;
      if (step?.kind !== 'withdraw-permit' || step.reason.code !== 'every_voter_must_serve') return decision;
      const used = changed(status, (_node, _said, name) =>
        name === progress.permit?.member ? { service: { lastPermit: progress.permit.id } } : {},
      );
      return nextStep(spec, used, progress, now);
    }),
  },
  {
    id: 'lease-from-receipt',
    rule: 'R2',
    does: 'counts a lease from when the answer came',
    within: 200,
    guards: withAgent({ requestedAt: (_sentAt, now) => now }),
  },
  {
    id: 'lease-from-disk',
    rule: 'R2',
    does: 'believes in a lease that it has read from its disk',
    within: 200,
    guards: withAgent({
      leaseIsValid: (accepted, ...rest) =>
        accepted.requestedAt === null || realGuards.agent.leaseIsValid(accepted, ...rest),
    }),
  },
  {
    id: 'forgets-lost-leases',
    rule: 'R2',
    does: 'does not wait for the leases of the coordinator that was lost',
    within: 100,
    guards: {
      ...realGuards,
      takeOver: (situation) => realGuards.takeOver({ ...situation, restoredAt: Number.NEGATIVE_INFINITY }),
    },
  },
  {
    id: 'forgets-what-was-asked',
    rule: 'R3',
    does: 'removes a voter while the removal of another, which it no longer asks for, may be made',
    within: 100,
    guards: shown((progress) => ({ ...progress, withdrawn: [] })),
  },
  {
    id: 'old-lists',
    rule: 'R3',
    does: 'believes member lists older than what is recorded',
    within: 100,
    breaksToo: ['liveness', 'R5'],
    guards: shown((progress) => ({ ...progress, listedAsOf: {} })),
  },
  {
    id: 'one-voters-list',
    rule: 'R3',
    does: 'believes the list of members of one voter among several',
    within: 200,
    breaksToo: ['R1', 'R4', 'liveness'],
    guards: withNext((spec, status, progress, now) => {
      const lists = Object.values(status.nodes).flatMap(({ status: said }) => (said?.etcd?.members ? [said.etcd] : []));
      const [newest] = lists.sort((one, other) => other.membersAsOf - one.membersAsOf);
      const { members = null, membersAsOf = 0 } = newest ?? {};
      const alike = changed(status, (_node, { etcd }) => (etcd?.members ? { etcd: { members, membersAsOf } } : {}));
      return nextStep(spec, alike, progress, now);
    }),
  },
  {
    id: 'one-index',
    rule: 'R3',
    does: 'measures the lists of all voters by the index that one claims',
    within: 200,
    breaksToo: ['liveness'],
    guards: withNext((spec, status, progress, now) => {
      const highest = Math.max(0, ...Object.values(progress.listedAsOf));
      const ids = Object.values(progress.members).flatMap(({ memberId }) => memberId ?? []);
      const listedAsOf = Object.fromEntries(ids.map((id) => [id, highest]));
      return asClaimed(nextStep(spec, status, { ...progress, listedAsOf }, now), status);
    }),
  },
  {
    id: 'even-voters',
    rule: 'R3',
    does: 'promotes to an even count of voters',
    within: 100,
    guards: withNext((spec, status, progress, now) => {
      const decision = nextStep(spec, status, progress, now);
      if (decision.step !== null || !decision.waits.some((wait) => wait.code === 'rests_as_learner')) return decision;
      const [learner] = Object.entries(progress.members).filter(([, { phase }]) => phase === 'learner');
      if (learner?.[1].memberId == null || progress.formation === null) return decision;
      const mutation = { kind: 'promote', member: learner[0], memberId: learner[1].memberId } as const;
      return { step: { kind: 'assign', mutation, executor: progress.formation.member }, waits: [] };
    }),
  },
  {
    id: 'two-learners',
    rule: 'R3',
    does: 'adds a learner while another has not been promoted',
    within: 50,
    guards: withNext((spec, status, progress, now) => {
      const decision = nextStep(spec, status, progress, now);
      const next = spec.members.find(({ name }) => progress.members[name] === undefined && status.nodes[name]);
      const waits = decision.step === null && progress.assignment === null && progress.permit === null;
      const learning = Object.values(progress.members).some(({ phase }) => phase === 'learner');
      if (next === undefined || !waits || !learning || progress.formation === null) return decision;
      const mutation = { kind: 'add-learner', member: next.name, peerUrl: peerUrlOf(spec, next) } as const;
      return { step: { kind: 'assign', mutation, executor: progress.formation.member }, waits: [] };
    }),
  },
  {
    id: 'removes-voter',
    rule: 'R3',
    does: 'removes the named member without a look whether it is a voter by now',
    within: 100,
    guards: withAgent({ mayRemove: () => true }),
  },
  {
    id: 'removes-silent',
    rule: 'R3',
    does: 'removes a voter for its silence',
    within: 100,
    guards: withNext((spec, status, progress, now) => {
      const silent = ([name, incarnation]: [string, MemberProgress]): [string, MemberProgress] =>
        now - (status.nodes[name]?.receivedAt ?? now) > 60_000
          ? [
              name,
              {
                ...incarnation,
                leaving: { reason: reason('silent', { seconds: 60 }), force: false, machineGone: false },
              },
            ]
          : [name, incarnation];
      const members = Object.fromEntries(Object.entries(progress.members).map(silent));
      return nextStep(spec, status, { ...progress, members }, now);
    }),
  },
  {
    id: 'leaves-too-few',
    rule: 'R3',
    does: 'does not look who would be left when it removes a voter',
    within: 200,
    guards: blindFor((step) => step.kind === 'assign' && step.mutation.kind === 'remove-voter'),
  },
  {
    id: 'leaves-unpaired',
    rule: 'R3',
    does: 'removes a voter before the one that is declared instead is a voter',
    within: 300,
    guards: withNext((spec, status, progress, now) => {
      const decision = nextStep(spec, status, progress, now);
      const wait = decision.waits.find(({ code }) => code === 'leaves_after_newcomer');
      if (decision.step !== null || wait?.code !== 'leaves_after_newcomer') return decision;
      const { member } = wait.facts;
      const { memberId, leaving } = progress.members[member] ?? {};
      const isBusy = progress.assignment !== null || progress.permit !== null;
      const others = Object.keys(progress.members).filter((name) => name !== member);
      const executor = others.find((name) => progress.members[name]?.phase === 'voter');
      if (isBusy || memberId == null || leaving === undefined || executor === undefined) return decision;
      const mutation = {
        kind: 'remove-voter',
        member,
        memberId,
        reason: leaving.reason,
        force: leaving.force,
      } as const;
      return { step: { kind: 'assign', mutation, executor }, waits: [] };
    }),
  },
  {
    id: 'stops-half-way',
    rule: 'R3',
    does: 'promotes a newcomer, and goes on to something else before its partner is removed',
    within: 300,
    breaksToo: ['liveness'],
    guards: shown((progress) => {
      const voters = Object.values(progress.members).filter(({ phase }) => phase === 'voter');
      if (voters.length % 2 === 1 || voters.length < 4) return progress;
      const members = Object.entries(progress.members).map(([name, { leaving, ...incarnation }]) =>
        progress.departing[name] === undefined && leaving !== undefined
          ? [name, { ...incarnation, leaving }]
          : [name, incarnation],
      );
      return { ...progress, members: Object.fromEntries(members) };
    }),
  },
  {
    id: 'another-begins',
    rule: 'R4',
    does: 'has another machine begin the incarnation of the one before',
    within: 300,
    guards: {
      ...realGuards,
      desired: (spec, { members, ...progress }, name) => {
        const staying = Object.entries(members).map(
          ([one, { leaving: _leaving, ...incarnation }]) => [one, incarnation] as const,
        );
        return minimalDesiredState(spec, { ...progress, members: Object.fromEntries(staying) }, name);
      },
    },
  },
  {
    id: 'living-former-incarnation',
    rule: 'R4',
    does: 'adds a member before its node has put its former incarnation away',
    within: 100,
    guards: told(({ generation }) => ({ agent: { generationApplied: generation } })),
  },
  {
    id: 'forgets-living-incarnations',
    rule: 'R4',
    does: 'forgets an incarnation that is over before its node has put it away',
    within: 100,
    breaksToo: ['liveness'],
    guards: {
      ...realGuards,
      apply: (...args) => ({ ...applyStep(...args), retired: [] }),
    },
  },
  {
    id: 'empty-restart',
    rule: 'R4',
    does: 'makes a data dir again that is gone',
    within: 200,
    breaksToo: ['R1'],
    guards: withAgent({
      dataDirOf: (...args) => {
        const dir = realGuards.agent.dataDirOf(...args);
        return dir.kind === 'lost' ? { kind: 'to-make' } : dir;
      },
    }),
  },
  {
    id: 'begins-beside',
    rule: 'R4',
    does: 'names no incarnation as over, and agents that begin the next beside it,',
    within: 100,
    breaksToo: ['R1', 'liveness'],
    guards: {
      ...withAgent({ mayBegin: () => true }),
      desired: (...args) => ({ ...minimalDesiredState(...args), retired: [] }),
    },
  },
  {
    id: 'older-generation',
    rule: 'R5',
    does: 'follows an older generation than it has seen',
    within: 50,
    guards: withAgent({ accept: () => ({ ok: true }) }),
  },
  {
    id: 'newer-generation',
    rule: 'R5',
    does: 'goes on though a node has seen more generations than it knows',
    within: 100,
    guards: unheeded(() => true),
  },
  {
    id: 'other-inventory',
    rule: 'R5',
    does: 'goes on though a node follows another coordinator',
    within: 100,
    guards: unheeded(({ claim, inventory }) => claim?.inventory !== inventory),
  },
  {
    id: 'believes-anyone',
    rule: 'R5',
    does: 'freezes a cluster for a claim that no seal proves',
    within: 100,
    guards: { ...realGuards, isSealed: () => true },
  },
  {
    id: 'deaf-to-seals',
    rule: 'R5',
    does: 'does not freeze its cluster for a claim that a seal proves',
    within: 100,
    guards: { ...realGuards, isSealed: () => false },
  },
  {
    id: 'thaws-behind',
    rule: 'R5',
    does: 'lets an operator end a freeze though a seal has proven that its store is behind',
    within: 200,
    guards: { ...realGuards, mayThaw: () => true },
  },
  {
    id: 'talks-while-frozen',
    rule: 'R5',
    does: 'publishes in a cluster that is frozen',
    within: 200,
    guards: { ...realGuards, publishesFrozen: true },
  },
  {
    id: 'follows-another-line',
    rule: 'R5',
    does: 'follows a later generation, though what was published before that is not what the node follows',
    within: 0,
    guards: withAgent({
      accept: (journal, document, accepted) =>
        realGuards.agent.accept(journal, { ...document, priorSeals: [] }, accepted),
    }),
  },
  {
    id: 'believes-backup',
    rule: 'R5',
    does: 'goes on from a backup without asking its nodes',
    within: 100,
    breaksToo: ['R1', 'R2'],
    guards: {
      ...realGuards,
      takeOver: ({ progress }) => ({ ok: true, progress: { ...progress, frozen: null }, changes: [] }),
    },
  },
  {
    id: 'earlier-epoch',
    rule: 'R5',
    does: 'follows a coordinator that was restored earlier',
    within: 100,
    guards: withAgent({
      accept: (journal, document, accepted) =>
        realGuards.agent.accept(
          { ...journal, epoch: document.epoch ?? null },
          { ...document, priorSeals: [] },
          accepted && withEpochOf(document, accepted),
        ),
    }),
  },
  {
    id: 'no-canary',
    rule: 'R6',
    does: 'releases settings to the next member before the first has run with them',
    within: 100,
    guards: shown((progress) => ({ ...progress, configuration: { ...progress.configuration, trial: null } })),
  },
  {
    id: 'revives-unproven',
    rule: 'R6',
    does: 'gives a release to the next member that is held back before the etcd of the first runs with it',
    within: 50,
    guards: withNext((spec, status, progress, now) => {
      const { trial } = progress.configuration;
      const version = spec.etcd?.source === 'release' ? spec.etcd.version : null;
      const runs = (node: NodeObservation, name: string) =>
        name === trial?.member && version !== null
          ? {
              node: { unhealthySince: 0 },
              agent: { generationSeen: node.generation },
              service: { state: 'running', release: version, leaderlessVersion: version, noWayBack: true } as const,
            }
          : {};
      const claimed = changed(status, (node, _said, name) => runs(node, name));
      return nextStep(
        spec,
        claimed,
        { ...progress, configuration: { ...progress.configuration, trial: trial && { ...trial, since: 0 } } },
        now,
      );
    }),
  },
  {
    id: 'deaf-to-rejection',
    rule: 'R6',
    does: 'does not listen to a member that says what it cannot run with',
    within: 100,
    breaksToo: ['liveness'],
    guards: told(() => ({ service: { rejected: null } })),
  },
  {
    id: 'tries-again',
    rule: 'R6',
    does: 'gives settings that a member could not run with to the next',
    within: 100,
    guards: shown((progress) => ({ ...progress, configuration: { ...progress.configuration, stopped: null } })),
  },
  {
    id: 'never-pauses',
    rule: 'R6',
    does: 'goes on with a rollout that an operator has paused',
    within: 100,
    guards: shown((progress) => ({ ...progress, configuration: { ...progress.configuration, paused: false } })),
  },
  {
    id: 'leader-first',
    rule: 'R6',
    does: 'does not know who leads when it chooses who restarts',
    within: 100,
    guards: told((_node, { etcd }) => ({ etcd: { leader: etcd?.leader === '0' ? '0' : 'nobody' } })),
  },
  {
    id: 'never-puts-back',
    rule: 'R6',
    does: 'leaves settings in place that etcd cannot run with',
    within: 100,
    guards: withAgent({ putsBack: false }),
  },
  {
    id: 'silence-is-loss',
    rule: 'R16',
    does: 'restores a snapshot without evidence that the cluster is lost',
    within: 100,
    guards: {
      ...realGuards,
      restoreFrom: (situation, source) =>
        realGuards.restoreFrom(situation, source, { force: true, confirm: situation.spec.name }),
    },
  },
  {
    id: 'rescues-beside-a-quorum',
    rule: 'R16',
    does: 'takes a snapshot without a quorum although a quorum serves',
    within: 100,
    guards: withRescue(() => ({ etcd: { linearizableRead: false } })),
  },
  {
    id: 'rescues-the-least',
    rule: 'R16',
    does: 'takes a snapshot without a quorum from the voter that has applied least',
    within: 100,
    guards: withRescue((_node, { etcd }) => ({ etcd: { raftAppliedIndex: -(etcd?.raftAppliedIndex ?? 0) } })),
  },
  {
    id: 'counts-the-heard',
    rule: 'R16',
    does: 'counts only the voters that it hears for the majority that is lost',
    within: 200,
    guards: {
      ...realGuards,
      restoreFrom: (situation, source, word) => {
        const { progress, status, now } = situation;
        const heard = Object.entries(progress.members).filter(([name]) => reachable(status.nodes[name], now).ok);
        const members = heard.length === 0 ? progress.members : Object.fromEntries(heard);
        return realGuards.restoreFrom({ ...situation, progress: { ...progress, members } }, source, word);
      },
    },
  },
  {
    id: 'blind-to-versions',
    rule: 'R17',
    does: 'does not look which etcd is installed',
    within: 100,
    guards: withNext((spec, status, progress, now) => {
      const minor = progress.etcdMinor ?? '3.5';
      const usual = (installed: string | null) =>
        installed !== null && isOfMinor(installed, minor) ? installed : `${minor}.16`;
      const alike = changed(status, (_node, { etcd, service }) => ({
        service: { etcdVersion: etcd?.version ?? usual(service.etcdVersion) },
      }));
      return nextStep(spec, progress.upgrade === null ? alike : status, progress, now);
    }),
  },
  {
    id: 'boots-any-version',
    rule: 'R17',
    does: 'starts at boot, and after a crash, whatever is installed',
    within: 100,
    guards: withAgent({ mayStart: () => true }),
  },
  {
    id: 'acts-with-any-version',
    rule: 'R17',
    does: 'begins and restarts etcd with whatever is installed',
    within: 200,
    guards: withAgent({ otherVersion: () => null }),
  },
  {
    id: 'unstored',
    rule: 'R12',
    does: 'shows nodes what is not stored yet',
    within: 100,
    breaksToo: ['R1', 'R5'],
    guards: { ...realGuards, publishesFirst: true },
  },
  ...upgradeMutants,
];

/** The decisions without that guard, or as they are. */
export function guardsOf(id: string | undefined): Guards {
  return mutants.find((mutant) => mutant.id === id)?.guards ?? realGuards;
}

function withoutPermit(progress: ClusterProgress): ClusterProgress {
  return { ...progress, permit: null };
}

/** The controller, to which these nodes seem to claim nothing. */
function unheeded(which: (node: NodeObservation) => boolean): Guards {
  return withNext((spec, status, progress, now) => {
    const nodes = Object.entries(status.nodes).map(([name, node]) => {
      if (node.claim === undefined || !which(node)) return [name, node] as const;
      const { claim: _claim, uncounted: _uncounted, setAside, ...rest } = node;
      return [name, { ...rest, ...setAside }] as const;
    });
    return nextStep(spec, { ...status, nodes: Object.fromEntries(nodes) }, progress, now);
  });
}

function isForeign(step: Step | null): step is Extract<Step, { kind: 'freeze' | 'quarantine' }> {
  return (step?.kind === 'freeze' || step?.kind === 'quarantine') && tellsOfOtherCluster(step.reason);
}

/** The same step, with the indices that the voters claim. */
function asClaimed({ step, waits }: Decision, status: ClusterStatus): Decision {
  if (step === null || !('asOf' in step)) return { step, waits };
  const claimed = Object.values(status.nodes).flatMap(({ status: said }) =>
    said?.etcd ? [[said.etcd.memberId, said.etcd.raftAppliedIndex] as const] : [],
  );
  const indices = new Map(claimed);
  const asOf = Object.entries(step.asOf).map(([id, index]) => [id, indices.get(id) ?? index] as const);
  return { step: { ...step, asOf: Object.fromEntries(asOf) }, waits };
}

/** For these steps everybody seems to serve. */
function blindFor(step: (step: Step) => boolean): Guards {
  return withNext((spec, status, progress, now) => {
    const all = changed(status, () => ({
      node: { receivedAt: now },
      etcd: { healthy: true, linearizableRead: true },
    }));
    const blind = nextStep(spec, all, progress, now);
    return blind.step !== null && step(blind.step) ? blind : nextStep(spec, status, progress, now);
  });
}

function withEpochOf({ epoch }: DesiredState, { document, requestedAt }: Accepted): Accepted {
  const { epoch: _epoch, ...rest } = document;
  return { document: epoch === undefined ? rest : { ...rest, epoch }, requestedAt };
}

function withdrawnEarlier(progress: ClusterProgress, by: number): ClusterProgress {
  const { permit } = progress;
  if (permit?.withdrawnAt == null) return progress;
  return { ...progress, permit: { ...permit, withdrawnAt: permit.withdrawnAt - by } };
}

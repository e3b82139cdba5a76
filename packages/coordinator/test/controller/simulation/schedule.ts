import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import fc from 'fast-check';
import { pausedRelease } from '../../../src/controller/apply-release.ts';
import { configurationOf, sameConfiguration, wantedConfiguration } from '../../../src/controller/configuration-of.ts';
import { sampleSpec } from '../support/situations.ts';
import { type Guards, realGuards } from './coordinator-model.ts';
import { World } from './world.ts';

/** What the adversary may do. Every act is possible at any time; where it makes no sense it does nothing. */
export type Act =
  | { readonly do: 'join' | 'poll' | 'act' | 'begin-report' | 'report'; readonly node: number }
  | { readonly do: 'orphan-report' | 'crash-agent' | 'start-agent' | 'host-down' | 'host-up'; readonly node: number }
  | { readonly do: 'stall'; readonly node: number; readonly seconds: number }
  | { readonly do: 'slow' | 'polls-lost' | 'reports-lost'; readonly node: number; readonly on: boolean }
  | { readonly do: 'wipe'; readonly node: number; readonly everything: boolean }
  | { readonly do: 'deliver-answer' | 'lose-answer' | 'lose-report'; readonly index: number }
  | { readonly do: 'deliver-report'; readonly index: number; readonly again: boolean }
  | { readonly do: 'arm-crash'; readonly at: 'before-commit' | 'after-commit' }
  | {
      readonly do:
        | 'crash-coordinator'
        | 'start-coordinator'
        | 'flush'
        | 'reset'
        | 'change-tuning'
        | 'break-tuning'
        | 'pause'
        | 'resume';
    }
  | { readonly do: 'allow-downtime'; readonly on: boolean }
  | { readonly do: 'write'; readonly skip: number }
  | { readonly do: 'sleep'; readonly seconds: number }
  | { readonly do: 'run'; readonly seconds: number; readonly coordinator: boolean; readonly mends: number };

export interface Schedule {
  readonly members: number;
  /** How many have joined and come as far as they could before the adversary begins. */
  readonly warm: number;
  readonly acts: readonly Act[];
}

const node = fc.nat({ max: 4 });
const index = fc.nat({ max: 5 });
const on = fc.boolean();
/** Seconds to hours, around the controller's own waits. */
const seconds = fc.constantFrom(1, 2, 5, 12, 29, 31, 36, 61, 91, 121, 301, 1800, 3600);
const one = <const Name extends string>(...names: Name[]): fc.Arbitrary<Name> => fc.constantFrom(...names);

type Flavour = 'anything' | 'formation' | 'permits';

/** The same acts throughout; a flavour makes those likelier that reach deep into one part of the controller. */
function actsOf(flavour: Flavour): fc.Arbitrary<Act> {
  const forms = flavour === 'permits' ? 0 : 1;
  const restarts = flavour === 'permits' ? 3 : 1;
  return fc.oneof(
    { weight: 6 * forms + 1, arbitrary: fc.record({ do: one('join'), node }) },
    { weight: 14 * restarts, arbitrary: fc.record({ do: one('poll', 'act', 'begin-report', 'report'), node }) },
    { weight: 3 * restarts, arbitrary: fc.record({ do: one('orphan-report'), node }) },
    { weight: 3, arbitrary: fc.record({ do: one('crash-agent', 'start-agent'), node }) },
    { weight: 3 * forms, arbitrary: fc.record({ do: one('host-down', 'host-up', 'host-up'), node }) },
    { weight: 3, arbitrary: fc.record({ do: one('stall'), node, seconds }) },
    { weight: 5, arbitrary: fc.record({ do: one('slow', 'polls-lost', 'reports-lost'), node, on }) },
    { weight: flavour === 'anything' ? 1 : 0, arbitrary: fc.record({ do: one('wipe'), node, everything: on }) },
    { weight: 4, arbitrary: fc.record({ do: one('lose-answer', 'lose-report'), index }) },
    { weight: 4 * restarts, arbitrary: fc.record({ do: one('deliver-answer'), index }) },
    { weight: 6 * restarts, arbitrary: fc.record({ do: one('deliver-report'), index, again: on }) },
    { weight: 1, arbitrary: fc.record({ do: one('arm-crash'), at: one('before-commit', 'after-commit') }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: one('crash-coordinator', 'start-coordinator', 'start-coordinator', 'flush') }),
    },
    { weight: flavour === 'formation' ? 4 : forms, arbitrary: fc.record({ do: one('reset') }) },
    { weight: 5 * restarts, arbitrary: fc.record({ do: one('change-tuning', 'change-tuning', 'break-tuning') }) },
    { weight: restarts, arbitrary: fc.record({ do: one('pause', 'resume', 'resume') }) },
    { weight: 1, arbitrary: fc.record({ do: one('allow-downtime'), on }) },
    { weight: 4, arbitrary: fc.record({ do: one('write'), skip: node }) },
    { weight: 3 * restarts, arbitrary: fc.record({ do: one('sleep'), seconds }) },
    {
      weight: 20,
      arbitrary: fc.record({
        do: one('run'),
        seconds: fc.constantFrom(1, 2, 3, 8, 15, 40, 130, 400),
        coordinator: fc.constantFrom(true, true, true, false),
        mends: node,
      }),
    },
  );
}

function flavoured(flavour: Flavour, warm: readonly number[]): fc.Arbitrary<Schedule> {
  return fc.record({
    members: fc.constantFrom(3, 3, 3, 3, 1, 2, 4, 5),
    warm: fc.constantFrom(...warm),
    acts: fc.array(actsOf(flavour), { minLength: 5, maxLength: 70, size: 'max' }),
  });
}

export const schedules: fc.Arbitrary<Schedule> = fc.oneof(
  flavoured('anything', [0, 1, 2, 3, 3, 5]),
  flavoured('formation', [0, 0, 1, 2]),
  flavoured('permits', [3, 3, 3, 5]),
);

/** Plays a schedule and then lets everybody recover. Throws a Violation, whose message is the history. */
export function play(schedule: Schedule, guards: Guards = realGuards): World {
  const spec = sampleSpec({ members: schedule.members });
  const world = new World(spec, guards);
  for (const { name } of spec.members.slice(0, schedule.warm)) world.join(name);
  if (schedule.warm > 0) world.run(20 * schedule.warm, 2);
  for (const one of schedule.acts) {
    perform(world, one);
    world.check();
  }
  recover(world);
  return world;
}

function perform(world: World, act: Act): void {
  if (act.do !== 'run') world.tell(`· ${JSON.stringify(act)}`);
  const name = 'node' in act ? nameOf(world.spec, act.node) : '';
  const agent = world.agents.get(name);
  const link = world.links.get(name);
  switch (act.do) {
    case 'join':
      world.join(name);
      return;
    case 'poll':
      world.poll(name, true);
      return;
    case 'act':
      agent?.supervise();
      agent?.act();
      return;
    case 'begin-report':
      agent?.beginReport();
      return;
    case 'report':
      world.report(name, true);
      return;
    case 'orphan-report':
      // A report still on its way when its agent ends: no later one of that run can overtake it.
      world.report(name, true);
      agent?.crashAgent();
      agent?.startAgent();
      return;
    case 'crash-agent':
      agent?.crashAgent();
      return;
    case 'start-agent':
      agent?.startAgent();
      return;
    case 'host-down':
      agent?.hostDown();
      return;
    case 'host-up':
      agent?.hostStart();
      agent?.startAgent();
      return;
    case 'stall':
      if (agent !== undefined) agent.stalledUntil = world.now + act.seconds * 1000;
      return;
    case 'slow':
      if (act.on) world.etcd.slow.add(name);
      else world.etcd.slow.delete(name);
      world.etcd.settle();
      return;
    case 'polls-lost':
      if (link !== undefined) link.polls = !act.on;
      return;
    case 'reports-lost':
      if (link !== undefined) link.reports = !act.on;
      return;
    case 'wipe':
      wipe(world, name, act.everything);
      return;
    case 'deliver-answer':
      world.deliverAnswer(act.index);
      return;
    case 'lose-answer':
      world.answers.splice(act.index, 1);
      return;
    case 'lose-report':
      world.reports.splice(act.index, 1);
      return;
    case 'deliver-report':
      world.deliverReport(act.index, act.again);
      return;
    case 'arm-crash':
      world.coordinator.crashAt = act.at;
      return;
    case 'crash-coordinator':
      world.coordinator.crash();
      return;
    case 'start-coordinator':
      world.coordinator.start();
      return;
    case 'flush':
      world.coordinator.flush();
      return;
    case 'pause':
      world.coordinator.steer(pausedRelease);
      return;
    case 'resume':
      world.resume();
      return;
    case 'reset':
      if (isBroken(world)) changeTuning(world);
      if (!isBroken(world)) world.reset();
      return;
    case 'change-tuning':
      changeTuning(world);
      return;
    case 'break-tuning':
      // A cluster that is founded with settings that etcd cannot run with is for its operator to see.
      if (world.progress.configuration.settled === null) return;
      breakTuning(world);
      return;
    case 'allow-downtime':
      world.coordinator.changeSpec((spec) => ({ ...spec, allowDowntime: act.on }));
      return;
    case 'write':
      if (world.cluster !== undefined) world.etcd.write(world.cluster, nameOf(world.spec, act.skip));
      return;
    case 'sleep':
      world.advance(act.seconds * 1000);
      return;
    case 'run':
      world.tell(`· everybody runs for ${act.seconds} s; ${nameOf(world.spec, act.mends)} is mended`);
      if (act.coordinator) world.coordinator.start();
      heal(world, nameOf(world.spec, act.mends));
      world.run(act.seconds, act.seconds > 60 ? 4 : 1);
  }
}

function changeTuning(world: World): void {
  world.coordinator.changeSpec((spec) => ({
    ...spec,
    tuning: { ...spec.tuning, heartbeatIntervalMs: spec.tuning.heartbeatIntervalMs + 1 },
  }));
}

/** To settings that etcd cannot run with; a coordinator that dies over them has not heard of them. */
function breakTuning(world: World): void {
  const broken = world.spec.tuning.heartbeatIntervalMs + 1;
  world.etcd.unrunnable.add(broken);
  changeTuning(world);
  if (world.spec.tuning.heartbeatIntervalMs !== broken) world.etcd.unrunnable.delete(broken);
}

/** Whether etcd cannot run with what is wanted. */
function isBroken({ etcd, spec }: World): boolean {
  return etcd.unrunnable.has(spec.tuning.heartbeatIntervalMs);
}

function nameOf(spec: ClusterSpec, index: number): string {
  return spec.members[index % spec.members.length]?.name ?? '';
}

/** A voter without its disk is for an operator to replace; so is a node that has forgotten who it is. */
function wipe(world: World, name: string, everything: boolean): void {
  const agent = world.agents.get(name);
  if (agent === undefined || !agent.hostUp) return;
  const phase = world.progress.members[name]?.phase;
  const isVoter = world.etcd.clusters.some(({ members }) => members.some((one) => one.name === name && !one.isLearner));
  if (everything || isVoter || phase === 'founding' || phase === 'voter') world.beyondRepair = true;
  agent.wipe(everything);
}

const patience = 3 * 3600;

/** The adversary is gone, everything is up again: the cluster must come to what was declared (bounded liveness). */
function recover(world: World): void {
  world.tell('— the adversary is gone —');
  world.answers.length = 0;
  world.reports.length = 0;
  world.etcd.slow.clear();
  world.coordinator.crashAt = null;
  world.coordinator.start();
  partly(world);
  for (const { name } of world.spec.members) {
    world.join(name);
    heal(world, name);
  }
  if (world.beyondRepair) {
    world.run(600, 5);
    return;
  }
  for (let waited = 0; waited < patience; waited += 60) {
    if (isWhole(world)) return;
    operate(world);
    world.run(60, 5);
  }
  world.violate('liveness', `not whole after ${patience} s; it waits for ${world.coordinator.waits.join('; ')}`);
}

/** What an operator does about a rollout that has stopped; one that cannot succeed stays so. */
function operate(world: World): void {
  const { paused, stopped } = world.progress.configuration;
  const stoppedHere = stopped !== null && sameConfiguration(stopped.configuration, wantedConfiguration(world.spec));
  if (stoppedHere ? !isBroken(world) : paused) world.resume();
}

function heal(world: World, name: string): void {
  const agent = world.agents.get(name);
  const link = world.links.get(name);
  if (agent === undefined || link === undefined) return;
  Object.assign(link, { polls: true, reports: true });
  agent.stalledUntil = 0;
  agent.hostStart();
  agent.startAgent();
}

/** Before those that never joined come: what is there must not rest on an even count of voters (R3). */
function partly(world: World): void {
  const absent = world.spec.members.filter(({ name }) => !world.agents.has(name));
  if (absent.length === 0 || world.beyondRepair) return;
  for (const { name } of world.spec.members) heal(world, name);
  world.run(900, 5);
  const voters = world.cluster?.members.filter(({ isLearner }) => !isLearner).length ?? 1;
  if (voters % 2 === 0) world.violate('R3', `rests on ${voters} voters while ${absent.length} members have not joined`);
}

function isWhole(world: World): boolean {
  const { cluster, spec } = world;
  const voters = cluster?.members.filter((member) => !member.isLearner && world.etcd.processOf(member) !== null) ?? [];
  if (voters.length !== spec.members.length || cluster?.members.length !== voters.length) return false;
  const recorded = spec.members.every(({ name }) => world.progress.members[name]?.phase === 'voter');
  const mayRestart = spec.members.length > 2 || spec.allowDowntime;
  const restarted = ![...world.agents.values()].some(({ restartPending }) => restartPending);
  const wanted = wantedConfiguration(spec);
  const { stopped } = world.progress.configuration;
  // Settings that etcd cannot run with are on nobody, and an operator is asked.
  const rolledOut = isBroken(world)
    ? stopped !== null && sameConfiguration(stopped.configuration, wanted)
    : spec.members.every(({ name }) => sameConfiguration(configurationOf(spec, world.progress, name), wanted));
  return recorded && ((restarted && rolledOut) || !mayRestart) && world.progress.permit === null;
}

import { configurationOf, sameConfiguration } from '@picket/coordinator/model/configuration-of.ts';
import type { Configuration } from '@picket/coordinator/model/configuration-progress.ts';
import { isDeclared } from '@picket/coordinator/model/member-names.ts';
import type { MemberProgress } from '@picket/coordinator/model/membership-progress.ts';
import { stagedConfiguration } from '@picket/coordinator/model/next-configuration.ts';
import { isOfMinor } from '@picket/shared/etcd-version.ts';
import { releaseIn } from '@picket/shared/protocol/clusters.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';
import { sampleSpec } from '../../packages/coordinator/test/controller/support/situations.ts';
import { type Act, actInWords } from './acts.ts';
import { type AgentModel, usualMinor } from './agent-model.ts';
import { type Guards, realGuards } from './guards.ts';
import { judgeWords } from './judge-words.ts';
import { deceiving } from './lies.ts';
import { breaksByRelease, releaseWith } from './releases-model.ts';
import type { Schedule } from './schedule.ts';
import { World } from './world.ts';

/**
 * Plays a schedule and then lets everybody recover. Throws a Violation, whose message is the history.
 *
 * @param often judges what operators read at each step of the clock too, and not only after each act
 */
export function play(schedule: Schedule, guards: Guards = realGuards, often?: 'often'): World {
  const spec = sampleSpec({ members: schedule.members });
  const world = new World(spec, guards);
  // The words are those of the product, not of a mutant.
  const judge = guards === realGuards ? judgeWords : () => undefined;
  if (often !== undefined) world.atEachStep = judge;
  for (const { name } of spec.members.slice(0, schedule.warm)) world.join(name);
  if (schedule.warm > 0) world.run(20 * schedule.warm, 2);
  for (const one of schedule.acts) {
    perform(world, one);
    world.check();
    judge(world);
  }
  recover(world);
  judge(world);
  return world;
}

/**
 * True if an operator who declares other members now, or restores a backup, may leave an even count behind: the spec or the
 * cluster has one now, an incarnation that was ended is not followed by a voter yet, or etcd was asked for a removal or a promotion that
 * may still happen.
 */
function leadsToEven({ spec, progress }: World): boolean {
  const isReplaced = spec.members.some(({ name }) => progress.members[name]?.leaving !== undefined);
  const voters = Object.values(progress.members).filter(({ phase }) => phase === 'voter');
  const isEven = voters.length % 2 === 0;
  const isAsked = Object.values(progress.members).some(({ leaving }) => leaving?.asked === true);
  const orders = [progress.assignment, ...progress.withdrawn];
  const isPromoted = orders.some((order) => order?.mutation.kind === 'promote');
  return spec.members.length % 2 === 0 || isReplaced || isEven || isAsked || isPromoted;
}

function perform(world: World, act: Act): void {
  const name = nameOf(world, indexIn(act));
  world.tell(`· ${actInWords(act, name)}`);
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
    case 'upgrade':
      agent?.upgrade();
      return;
    case 'other-version':
      agent?.install(act.on ? otherMinor : usualMinor);
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
    case 'replace':
      world.coordinator.replace(name, act.force);
      return;
    case 'shrink':
    case 'grow':
      world.evenAsked ||= leadsToEven(world);
      world.coordinator[act.do](act.by);
      return;
    case 'exchange':
      world.evenAsked ||= leadsToEven(world);
      world.coordinator.exchange(name, act.out, act.more);
      return;
    case 'revert-members':
      world.evenAsked ||= leadsToEven(world);
      world.coordinator.revertMembers();
      return;
    case 'delete':
      world.deleteCluster(act.force);
      return;
    case 'rescue':
      world.rescue(act.force);
      return;
    case 'order-restart':
      world.coordinator.restart(name);
      return;
    case 'hold':
      world.coordinator.hold(name);
      return;
    case 'release-here':
      agent?.releaseHold();
      return;
    case 'release':
      world.coordinator.release(name);
      return;
    case 'new-machine':
      // Nobody joins as a member that is not declared.
      if (world.spec.members.some((member) => member.name === name)) world.replaceMachine(name);
      return;
    case 'lie':
      if (agent !== undefined) agent.lie = act.lie;
      if (act.lie !== null && deceiving.includes(act.lie)) world.beyondRepair = true;
      return;
    case 'set-clock':
      world.coordinator.setClock(act.seconds);
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
      world.coordinator.steer('pause');
      return;
    case 'resume':
      world.resume();
      return;
    case 'reset':
      if (isBroken(world)) changeTuning(world);
      // What is wanted of a new founder is for its operator to see, as below.
      if (!isBroken(world) && !wantsBrokenRelease(world)) world.reset();
      return;
    case 'change-tuning':
      changeTuning(world);
      return;
    case 'break-tuning':
      // A cluster that is founded with settings that etcd cannot run with is for its operator to see.
      if (world.progress.configuration.settled === null) return;
      breakTuning(world);
      return;
    case 'revert-tuning':
      revertTuning(world);
      return;
    case 'abort':
      world.coordinator.steer('abort');
      return;
    case 'unfreeze':
      world.coordinator.unfreeze();
      return;
    case 'back-up':
      world.backUp();
      return;
    case 'restore':
      // The backup's spec is the next one.
      world.evenAsked ||= leadsToEven(world);
      world.restore();
      return;
    case 'restore-snapshot':
      world.restoreSnapshot();
      return;
    case 'copy-disk':
      world.copyDisk();
      return;
    case 'roll-back':
      world.rollBack(() => {
        for (let change = 0; change < act.changes; change += 1) changeTuning(world);
      });
      return;
    case 'old-coordinator':
      world.reach((act.on ? world.coordinators[0] : world.coordinators.at(-1)) ?? world.coordinator);
      return;
    case 'readopt':
      world.coordinator.readopt(world.coordinator.idOf(name));
      return;
    case 'upgrade-cluster':
      world.upgrade(act);
      return;
    case 'downgrade-cluster':
      world.downgrade();
      return;
    case 'allow-downtime':
      world.coordinator.changeSpec((spec) => ({ ...spec, allowDowntime: act.on }));
      return;
    case 'write':
      if (world.cluster !== undefined) world.etcd.write(world.cluster, nameOf(world, act.skip));
      return;
    case 'sleep':
      world.advance(act.seconds * 1000);
      return;
    case 'run':
      if (act.coordinator) world.coordinator.start();
      heal(world, name);
      world.run(act.seconds, act.seconds > 60 ? 4 : 1);
  }
}

/** The index of the node that it is about; of no node for most acts without one. */
function indexIn(act: Act): number {
  if ('node' in act) return act.node;
  return act.do === 'run' ? act.mends : act.do === 'write' ? act.skip : 0;
}

/** To settings that nobody has wanted yet. */
function changeTuning(world: World): void {
  want(world, world.newestTuning + 1);
}

function want(world: World, heartbeatIntervalMs: number): void {
  const before = world.spec.tuning.heartbeatIntervalMs;
  world.newestTuning = Math.max(world.newestTuning, heartbeatIntervalMs);
  const version = releaseWith(heartbeatIntervalMs);
  // Once a cluster was upgraded, its etcd stays what it is.
  const keeps = world.upgrades > 0;
  world.coordinator.changeSpec(({ etcd: former, ...spec }) => ({
    ...{ ...spec, tuning: { ...spec.tuning, heartbeatIntervalMs } },
    ...(keeps ? former && { etcd: former } : version !== null && { etcd: { source: 'release', version } as const }),
  }));
  if (world.spec.tuning.heartbeatIntervalMs !== before) world.formerTuning = before;
}

/** An operator who changes their mind; of settings that etcd cannot run with too. */
function revertTuning(world: World): void {
  const { formerTuning } = world;
  if (formerTuning === null) return;
  if (world.etcd.unrunnable.has(formerTuning) && world.progress.configuration.settled === null) return;
  world.retry(formerTuning);
  want(world, formerTuning);
}

/** To settings that etcd cannot run with; a coordinator that dies over them has not heard of them. */
function breakTuning(world: World): void {
  if (world.upgrades > 0 && breaksByRelease(world.newestTuning + 1)) return;
  world.etcd.unrunnable.add(world.newestTuning + 1);
  changeTuning(world);
}

/** Whether etcd cannot run with what is wanted. */
function isBroken({ etcd, spec }: World): boolean {
  return etcd.isUnrunnable(spec.tuning.heartbeatIntervalMs, releaseIn(spec));
}

function nameOf({ spec, progress }: World, index: number): string {
  const names = concerned({ spec, progress });
  return names[index % names.length] ?? '';
}

/** The declared members, then those that are to leave. */
function concerned({ spec, progress }: Pick<World, 'spec' | 'progress'>): readonly string[] {
  return [...spec.members.map(({ name }) => name), ...Object.keys(progress.departing).sort()];
}

/** With a majority of its voters a cluster has lost its data; a founder alone is all that there is. */
function wipe(world: World, name: string, everything: boolean): void {
  const agent = world.agents.get(name);
  if (agent === undefined || !agent.hostUp) return;
  agent.wipe(everything);
  const founds = world.progress.members[name]?.phase === 'founding';
  const lost = world.etcd.clusters.some(({ members }) => {
    const voters = members.filter(({ isLearner }) => !isLearner);
    const whole = voters.filter((voter) => world.agents.get(voter.name)?.holds(voter.dir) === true);
    return whole.length <= voters.length / 2;
  });
  if (founds || lost) world.beyondRepair = true;
}

const otherMinor = '3.6';
const patience = 3 * 3600;

/** The adversary is gone, everything is up again: the cluster must come to what was declared (bounded liveness). */
function recover(world: World): void {
  world.tell('— the adversary is gone —');
  world.answers.length = 0;
  world.reports.length = 0;
  world.etcd.slow.clear();
  switchOffTheOld(world);
  world.coordinator.crashAt = null;
  world.coordinator.start();
  joinAgain(world);
  tellTheTruth(world);
  world.reviveOvertaken();
  takeUp(world);
  partly(world);
  for (const { name } of world.spec.members) {
    world.join(name);
    heal(world, name);
  }
  // Those that are to leave, too: a quorum may need them until then.
  for (const name of Object.keys(world.progress.departing)) heal(world, name);
  if (world.beyondRepair) {
    world.run(600, 5);
    world.checkDeleted();
    return;
  }
  for (let waited = 0; waited < patience; waited += 60) {
    if (isWhole(world) || lacksNewerBackup(world)) return;
    operate(world);
    world.run(60, 5);
  }
  world.violate(
    'liveness',
    `not whole after ${patience} s; it waits for ${world.coordinator.waits.map(inWords).join('; ')}`,
  );
}

/** What an operator does about a founder that cannot, and a rollout that has stopped; one that cannot succeed stays so. */
function operate(world: World): void {
  // A founder that was released just before the backup does not found by a restored coordinator's word (R1).
  const { formation } = world.progress;
  if (formation?.clusterId === null && formation.incarnation === world.founderOfBackup) world.reset();
  declareListed(world);
  declareWhatRuns(world);
  bringTogether(world);
  allowDowntime(world);
  removeByHand(world);
  sayLost(world);
  writeForRaftSnapshots(world);
  for (const { name } of world.spec.members) {
    const agent = world.agents.get(name);
    const incarnation = world.progress.members[name];
    if (agent !== undefined) installWhatRuns(world, agent);
    if (agent?.blank === true) {
      // It was chosen by a report from before, and with its disk goes nothing that anybody has acknowledged.
      if (incarnation?.phase === 'founding') world.reset();
      if (!world.replaceMachine(name)) replaceLast(world, name);
    } else if (agent?.hasLostData === true && (incarnation?.leaving === undefined || isVoterWithoutWord(incarnation)))
      if (!world.coordinator.replace(name, false)) replaceLast(world, name);
  }
  // Past the rise nothing is put back: status shows what the member says of its settings.
  const isRefused = ({ code, facts }: Reason) => code === 'runs_revision' && facts.why?.code === 'node_says';
  if (isBroken(world) && world.coordinator.waits.some(isRefused)) changeTuning(world);
  const { paused, stopped } = world.progress.configuration;
  const isBrokenRelease = stopped !== null && world.etcd.brokenVersions.has(stopped.configuration.etcd?.version ?? '');
  if (isBrokenRelease || isDownInUpgrade(world) || (stopped !== null && keepsNewcomerOut(world))) {
    world.coordinator.steer('abort');
    return;
  }
  const stoppedHere = stopped !== null && sameConfiguration(stopped.configuration, wantedIn(world));
  if (stoppedHere ? !isBroken(world) : paused) world.resume();
}

/** By force alone, the last member with the former minor version of etcd is replaced in an upgrade. */
function replaceLast({ coordinator, cluster, progress }: World, name: string): void {
  if (progress.upgrade !== null && (cluster?.members.length ?? 0) > 2) coordinator.replace(name, true);
}

function wantsBrokenRelease({ etcd, spec }: World): boolean {
  return spec.etcd?.source === 'release' && etcd.brokenVersions.has(spec.etcd.version);
}

/** Until an operator takes the downgrade back, as status names it: its settings cannot run, and a newcomer waits for its end. */
function keepsNewcomerOut({ coordinator }: World): boolean {
  const awaited = 'newcomer_after_downgrade';
  return coordinator.waits.some(({ code, facts }) => code === 'of_member' && facts.why.code === awaited);
}

/** One of two members, or a single one, has no quorum to ask whether it may go back. One that restarts by permit is waited for. */
function isDownInUpgrade({ cluster, etcd, progress }: World): boolean {
  const members = cluster?.members ?? [];
  if (progress.permit !== null || progress.upgrade === null || members.length > 2) return false;
  return members.some((member) => etcd.processOf(member) === null);
}

function isVoterWithoutWord({ phase, leaving }: MemberProgress): boolean {
  return phase === 'voter' && leaving?.learnerOnly === true;
}

/** The way out for a member that nobody declared, and for a lost voter that the backup of a restored coordinator does not know. */
function removeByHand(world: World): void {
  for (const wait of world.coordinator.waits) {
    if (wait.code === 'undeclared_member' && !wait.facts.isRestored) world.removeByHand(wait.facts.memberId);
    if (wait.code === 'member_added_elsewhere') world.removeByHand(wait.facts.memberId);
    if (wait.code !== 'reports_its_incarnation') continue;
    const agent = world.agents.get(wait.facts.member);
    if (agent?.blank === true || agent?.hasLostData === true) world.removeByHand(wait.facts.memberId);
  }
}

/** The way out that it names for a member that etcd has, and that was declared again only after its backup. */
function declareListed({ coordinator }: World): void {
  for (const wait of coordinator.waits)
    if (wait.code === 'undeclared_member' && wait.facts.isRestored) coordinator.declareAt(wait.facts.peerUrls);
}

/** The way out that it names where an abort came too late. */
function declareWhatRuns({ coordinator }: World): void {
  for (const wait of coordinator.waits)
    if (wait.code === 'release_without_order' && wait.facts.runs !== null) coordinator.declareEtcd(wait.facts.runs);
}

/** The way out that it names where members run two minor versions without an order; what refuses the order with two voters names another one. */
function bringTogether(world: World): void {
  for (const wait of world.coordinator.waits) {
    if (wait.code !== 'minors_mixed') continue;
    if ((world.cluster?.members.length ?? 0) <= 2 && world.spec.members.length > 2) allowRestarts(world);
    if (wait.facts.upgrades) world.coordinator.steer('abort');
    else if (wait.facts.falls === true) world.downgrade();
    else world.upgrade({ breaks: false, far: false, pauses: [] });
  }
}

/** The way out that it names where two voters are left, whose newcomer waits until they have new settings, or another etcd. */
function allowDowntime(world: World): void {
  const { waits } = world.coordinator;
  const isNamed = waits.some(({ code }) => code === 'revision_needs_downtime');
  const isAwaited = waits.some(({ code, facts }) => code === 'of_member' && facts.why.code === 'other_minor_installed');
  if (isNamed && (isAwaited || world.progress.upgrade !== null)) allowRestarts(world);
}

function allowRestarts({ coordinator }: World): void {
  coordinator.changeSpec((spec) => ({ ...spec, allowDowntime: true }));
}

/** The way out that it names where one voter is left of those that its backup knows. */
function sayLost(world: World): void {
  if (!world.coordinator.waits.some((wait) => wait.code === 'second_voter_reports')) return;
  const listed = new Set(world.cluster?.members.map(({ name }) => name));
  world.lose([...world.agents.keys()].filter((name) => !listed.has(name)));
}

/** In a cluster in use, somebody always writes. */
function writeForRaftSnapshots({ coordinator, etcd, cluster }: World): void {
  const awaited: readonly string[] = ['raft_snapshot_awaited', 'raft_snapshot_first'];
  const isAwaited = coordinator.waits.some(({ code }) => awaited.includes(code));
  if (isAwaited && cluster !== undefined) etcd.write(cluster, null);
}

function heal(world: World, name: string): void {
  const agent = world.agents.get(name);
  const link = world.links.get(name);
  if (agent === undefined || link === undefined) return;
  Object.assign(link, { polls: true, reports: true });
  agent.stalledUntil = 0;
  installWhatRuns(world, agent);
  agent.hostStart();
  agent.startAgent();
}

/** What `picket-agent status` asks an operator for: the minor version of its incarnation, else that of its cluster (R17). */
function installWhatRuns(world: World, agent: AgentModel): void {
  if (isRevived(world, agent)) return;
  const { etcdMinor, upgrade } = world.progress;
  const minor = upgrade === null ? (agent.recordedMinor ?? etcdMinor) : etcdMinor;
  if (minor !== null) agent.install(minor);
}

/**
 * A voter that stays, and whose cluster wants a release of its minor version that can run and can reach it: it starts without the
 * package again, also if no voter serves. The machine that replaces a member needs the package.
 */
function isRevived(world: World, { name, recordedMinor }: AgentModel): boolean {
  const { coordinator, progress, spec } = world;
  if (spec.etcd?.source !== 'release' || isBroken(world)) return false;
  if (progress.etcdMinor === null || !isOfMinor(spec.etcd.version, progress.etcdMinor)) return false;
  if (progress.frozen !== null || coordinator.rests || coordinator.awaits(name)) return false;
  if (coordinator.isQuarantined(name)) return false;
  const { phase, leaving } = progress.members[name] ?? {};
  if (phase !== 'voter' || leaving !== undefined || !isDeclared(spec, name)) return false;
  return recordedMinor === progress.etcdMinor && !asksForPackage(world, name);
}

/** The release cannot reach it, and the status asks for the package on its machine. */
function asksForPackage({ coordinator }: World, member: string): boolean {
  const { notices } = coordinator.shown().status;
  return notices.some((one) => one.code === 'other_minor_would_start' && one.facts.member === member);
}

function switchOffTheOld(world: World): void {
  const newest = world.coordinators.at(-1) ?? world.coordinator;
  for (const coordinator of world.coordinators) if (coordinator !== newest) coordinator.crash();
  world.reach(newest);
}

/** A node that the coordinator does not know joins again, with a token; no other machine does in its place. */
function joinAgain(world: World): void {
  const isUnknown = ({ name, machine }: AgentModel): boolean => world.coordinator.machineOf(name) !== machine;
  for (const { name } of [...world.agents.values()].filter(isUnknown)) world.join(name);
  if ([...world.agents.values()].some(isUnknown)) world.beyondRepair = true;
}

/** After a restore an operator takes up every node that is heard. */
function takeUp(world: World): void {
  const { restoration } = world.coordinator.durable;
  if (restoration === null) return;
  for (const name of concerned(world)) heal(world, name);
  world.run(60, 5);
  for (const id of restoration.awaited) world.coordinator.readopt(id);
  world.run(300, 5);
  // Nodes that have listened to the one before once more are ahead of this one, or were
  // told by it that their incarnations are over: that needs a newer backup.
  const isAhead = world.coordinator.waits.some((wait) => wait.code === 'follows_restored');
  if ((world.progress.frozen !== null || world.hasReset || isAhead) && world.spokeTwo) world.beyondRepair = true;
  if (!world.coordinator.rests) return;
  // What was given up since the backup its operator must make again.
  if (world.hasReset || lacksNewerBackup(world)) world.beyondRepair = true;
}

/** Something was published after the backup and before any etcd served. That shows once every member has reported. */
function lacksNewerBackup({ coordinator }: World): boolean {
  return coordinator.rests && coordinator.waits.some((wait) => wait.code === 'etcd_of_newer');
}

/** A node that has lied tells the truth, and then an operator unfreezes the cluster. */
function tellTheTruth(world: World): void {
  for (const agent of world.agents.values()) {
    // A run that it has claimed outlasts the lie.
    if (agent.everLied) world.coordinator.rejoin(agent.name);
    agent.lie = null;
  }
  const isQuarantined = ({ name }: AgentModel) => world.coordinator.isQuarantined(name);
  if (world.progress.frozen === null && ![...world.agents.values()].some(isQuarantined)) return;
  for (const { name } of world.spec.members) heal(world, name);
  world.run(60, 5);
  world.coordinator.unfreeze();
}

/** Before those that never joined come: what is there must not rest on an even count of voters (R3). */
function partly(world: World): void {
  const absent = world.spec.members.filter(({ name }) => !world.agents.has(name));
  // Nor where an operator has to replace one first, who leaves an even count for as long as that takes.
  const lost = [...world.agents.values()].some(({ blank, hasLostData }) => blank || hasLostData);
  if (absent.length === 0 || world.beyondRepair || lost) return;
  for (const { name } of world.spec.members) heal(world, name);
  world.run(900, 5);
  const voters = world.cluster?.members.filter(({ isLearner }) => !isLearner) ?? [];
  const { length: count } = voters;
  if (count % 2 === 1 || count === world.spec.members.length || count === 0) return;
  // One that is not declared is mended later: beside a voter that is not heard nothing else may change.
  const isHeard = ({ name }: (typeof voters)[number]) =>
    world.links.get(name)?.reports === true && world.agents.get(name)?.awake === true;
  if (!voters.every(isHeard)) return;
  // An earlier spec asked for an even count, which is there until the next can follow.
  if (world.evenAsked && !(count > 2 && voters.some(({ name }) => canLeave(world, name)))) return;
  world.violate('R3', `rests on ${count} voters while ${absent.length} members have not joined`);
}

/** Operators have taken it out, and every voter of the cluster runs. */
function canLeave({ cluster, progress, etcd }: World, name: string): boolean {
  const voters = cluster?.members.filter(({ isLearner }) => !isLearner) ?? [];
  return progress.departing[name] !== undefined && voters.every((member) => etcd.processOf(member) !== null);
}

function isWhole(world: World): boolean {
  const { cluster, spec } = world;
  const voters = cluster?.members.filter((member) => !member.isLearner && world.etcd.processOf(member) !== null) ?? [];
  if (voters.length !== spec.members.length || cluster?.members.length !== voters.length) return false;
  const { members, departing } = world.progress;
  const recorded = spec.members.every(({ name }) => members[name]?.phase === 'voter' && departing[name] === undefined);
  const mayRestart = spec.members.length > 2 || spec.allowDowntime;
  const restarted = ![...world.agents.values()].some(({ restartPending }) => restartPending);
  const wanted = wantedIn(world);
  const { stopped } = world.progress.configuration;
  // Settings that etcd cannot run with are on nobody, and an operator is asked.
  const rolledOut = isBroken(world)
    ? stopped !== null && sameConfiguration(stopped.configuration, wanted)
    : spec.members.every(({ name }) => sameConfiguration(configurationOf(spec, world.progress, name), wanted));
  const { permit, upgrade } = world.progress;
  const isOver = upgrade === null || isBroken(world);
  return recorded && ((restarted && rolledOut && isOver) || !mayRestart) && permit === null;
}

/** What the members should run now: an upgrade brings its etcd stage by stage. */
function wantedIn({ spec, progress }: World): Configuration {
  return stagedConfiguration(spec, progress);
}

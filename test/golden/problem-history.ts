import type { InForce, OwnSituation } from '@picket/shared/problems/problem-kind.ts';
import type { MachineReport } from '@picket/shared/protocol/report.ts';
import { likenessOf } from '@picket/shared/reasons/likeness.ts';
import type { AnyReason, Reason } from '@picket/shared/reasons/reason.ts';
import { conditionsNow } from '../../packages/coordinator/src/conditions/conditions-now.ts';
import type { ClusterSituation } from '../../packages/coordinator/src/executor/executor.ts';
import type { NodeIdentity } from '../../packages/coordinator/src/identity/principals.ts';
import { clusterSamples } from '../../packages/coordinator/src/metrics/cluster-samples.ts';
import { noConditions, nothingUnrecorded } from '../../packages/coordinator/src/model/conditions.ts';
import type { Known } from '../../packages/coordinator/src/model/notifications.ts';
import { longestSilence } from '../../packages/coordinator/src/model/waits.ts';
import {
  clusterProblems,
  clusterSight,
  detected,
} from '../../packages/coordinator/src/notifications/cluster-problems.ts';
import { withDebounced } from '../../packages/coordinator/src/notifications/debounce.ts';
import { changesAfter, steadyAfterMs } from '../../packages/coordinator/src/notifications/flapping.ts';
import { messageFor, notifiedAfter } from '../../packages/coordinator/src/notifications/message.ts';
import { type Watch, watchAfter } from '../../packages/coordinator/src/notifications/watch.ts';
import { certificateWarning } from '../../packages/coordinator/src/status/certificates-in-force.ts';
import { clusterStatus } from '../../packages/coordinator/src/status/cluster-status.ts';
import { diagnosis } from '../../packages/coordinator/src/status/diagnosis.ts';
import {
  Scene,
  type SpecChanges,
  type StatusChanges,
} from '../../packages/coordinator/test/controller/support/situations.ts';

/** What a member reports in place of the usual; null: nothing. */
export type Reported = (StatusChanges & { readonly machine?: Partial<MachineReport> }) | null;

const wellMachine: MachineReport = {
  disk: { totalBytes: 32e9, freeBytes: 20e9 },
  memory: { totalBytes: 4e9, availableBytes: 3e9 },
  temperatureCelsius: 50,
  clockOffsetMs: 0,
  walFsyncP99Ms: 4,
};
const patience = {
  longestSettleMs: Number.POSITIVE_INFINITY,
  overAfterMs: 60_000,
  steadyAfterMs,
  listensForMs: longestSilence,
};
/** The families that judge; the others repeat figures. */
const judging =
  /^picket_(cluster_(state|serving_voters|notices|rollout_stopped|snapshot_failures)|member_(phase|serving|uncounted|service_state|etcd_restarts_total|generation_lag|alarm)|client_generation_lag)$/;

/**
 * A cluster of which each place tells what is wrong: status, notices, events, notifications, metrics, and the diagnosis. It writes down
 * what has changed from one look to the next.
 */
export class History {
  readonly scene: Scene;
  readonly lines: string[] = [];
  /** What the rest of the coordinator adds. */
  others: readonly Reason[] = [];
  toReadopt: readonly Reason<'node_to_readopt'>[] = [];
  unrendered: ClusterSituation['unrendered'] = [];
  waits: readonly Reason[] = [];
  inForce: readonly InForce[] = [];
  identities: Readonly<Record<string, NodeIdentity>> = {};
  own: Omit<OwnSituation, 'clusters'> = { lastBackupAt: 0, backupFailures: [], freeBytes: 8e9 };
  #conditions = noConditions;
  #unrecorded = nothingUnrecorded;
  #watch: Watch = new Map();
  #known: Known = { notified: [], changes: [] };
  #began: number;
  #elections = 0;
  #before: ReadonlySet<string> = new Set();
  readonly #origin: number;

  constructor(changes: SpecChanges = {}, scene = Scene.formed(changes.members ?? 3, changes)) {
    this.scene = scene;
    this.#began = scene.now;
    for (let count = 0; count < 20; count += 1) {
      scene.wait(10).allReport();
      this.#onMachines({});
      this.#look();
    }
    this.#origin = scene.now;
    this.lines.length = 0;
  }

  /** So many seconds with a report every ten, and these reports of members by number. */
  lasts(seconds: number, reported: Readonly<Record<number, Reported>> = {}): this {
    for (let passed = 0; passed < seconds; passed += 10) {
      const { scene } = this;
      scene.wait(Math.min(10, seconds - passed));
      for (const number of [1, 2, 3, 4]) {
        const changes = reported[number];
        const isThere = scene.nodes[scene.name(number)] !== undefined;
        if (isThere && changes !== null) scene.reports(number, changes);
      }
      this.#onMachines(reported);
      this.#look();
    }
    return this;
  }

  /** A line of its own in the record. */
  marks(what: string): this {
    this.lines.push(`  -- ${what}`);
    return this;
  }

  /** The coordinator is started again: it has what is stored, and the last report of each node. */
  restart(): this {
    const { scene } = this;
    this.#began = scene.now;
    this.#watch = new Map();
    scene.startedAgo(0);
    const old = Object.values(scene.nodes).map(({ nodeId, receivedAt }) => {
      const at = receivedAt ?? 0;
      return [nodeId, { receivedAt: at, at }] as const;
    });
    this.#unrecorded = { ...nothingUnrecorded, old: Object.fromEntries(old) };
    return this.marks('the coordinator is started again');
  }

  #onMachines(reported: Readonly<Record<number, Reported>>): void {
    const { scene } = this;
    for (const [index, { name }] of scene.spec.members.entries()) {
      const node = scene.nodes[name];
      if (node?.status == null || node.receivedAt !== scene.now) continue;
      const machine = { ...wellMachine, ...reported[index + 1]?.machine };
      scene.nodes[name] = { ...node, status: { ...node.status, machine } };
    }
  }

  #look(): void {
    const { scene } = this;
    const { spec, progress, now } = scene;
    const observed = scene.status();
    const runsFor = now - this.#began;
    const situation = { spec, progress, now, status: observed, runsFor };
    const { conditions, unrecorded, events } = conditionsNow(situation, this.#conditions, this.#unrecorded);
    this.#conditions = conditions;
    this.#unrecorded = unrecorded;
    this.#elections += events.filter(({ kind }) => kind === 'leader-changed').length;
    const record = { id: 'cluster1', spec, progress, conditions, progressVersion: 1, createdAt: 0 };
    const nodes = Object.keys(this.identities).map(
      (name) => ({ id: `node-${name}`, kind: 'member', member: name, evictedAt: null }) as never,
    );
    const cluster: ClusterSituation = {
      ...{ record, nodes, waits: this.waits, unrendered: this.unrendered },
      ...{ status: observed, runsFor, clockWasSet: false },
    };
    const listener = {
      runsFor,
      clockWasSet: false,
      reportEverySeconds: 10,
      awaited: this.toReadopt[0]?.facts.nodeId ?? null,
    };
    const certificates = this.inForce.flatMap((one) => certificateWarning(one, now) ?? []);
    const status = clusterStatus(cluster, now, listener, (id) => this.identities[id.slice(5)] ?? null, {
      toReadopt: this.toReadopt,
      rests: false,
      others: [...this.others, ...certificates],
    });
    const changes = { count: this.#elections, at: this.#elections === 0 ? null : now };
    const { findings } = diagnosis(cluster, status, changes, now);
    const problems = [
      ...detected({ cluster: null, name: null }, ({ ofCoordinator }) =>
        ofCoordinator?.({ clusters: 1, ...this.own }, now),
      ),
      ...clusterProblems(cluster, status, now),
    ];
    const { state, headline, next } = status;
    const command = next === null ? '' : ` → ${next.on === null ? '' : `${next.on.member}: `}${next.command}`;
    this.#compare([
      `status ${state} ${worded(headline)}${command}`,
      ...status.notices.map((one) => `notice ${worded(one)}`),
      ...problems.map(({ key, rule, why }) => `problem ${key} ${rule} by ${why.code}`),
      ...this.#judgingSeries(clusterSamples(cluster, status, now)),
      ...findings.map(({ cause, members, proof, effects, next: then, page, countsAs }) => {
        const where = then === null ? 'nothing' : `${then.on === null ? '' : `${then.on}: `}${then.command}`;
        const so = effects.length === 0 ? '' : ` so ${effects.map(({ code }) => code).join()}`;
        const codes = [...new Set(proof.map(({ reason }) => reason.code))].join();
        return `cause ${[cause, ...members].join(' ')}${countsAs === 'over' ? ' (over)' : ''} by ${codes}${so} → ${where} (${page})`;
      }),
    ]);
    for (const { kind, facts } of events) this.#write(`event ${kind} ${JSON.stringify(facts)}`);
    const sightOf = clusterSight(cluster, status, now);
    const sight = (about: Parameters<typeof sightOf>[0] & { readonly cluster: string | null }) =>
      about.cluster === null ? 'clear' : sightOf(about);
    const moment = { id: 'm', at: now, monotonic: now };
    const distinct = new Map(problems.toReversed().map((one) => [one.key, one]));
    const seen = { problems: [...distinct.values()], sightOf: sight };
    this.#watch = watchAfter(this.#watch, seen, { monotonic: now, now }, patience);
    const sighted = { watch: this.#watch, sightOf: sight, watchedForMs: runsFor };
    const message = messageFor(this.#known, sighted, { clusters: null, severity: 'warning' }, moment, patience);
    if (message === null) {
      this.#known = { ...this.#known, notified: withDebounced(this.#known.notified, sighted, moment, patience) };
      return;
    }
    this.#known = {
      notified: notifiedAfter(this.#known.notified, message),
      changes: changesAfter(this.#known.changes, message),
    };
    for (const { key, rule, since } of message.shown) this.#write(`sent ${key} ${rule} since ${this.#clock(since)}`);
    for (const { key, gone } of message.over) this.#write(`sent ${key} is ${gone ? 'gone' : 'over'}`);
  }

  /** As a scrape shows them: of several samples with the same labels, the sum. */
  #judgingSeries(samples: ReturnType<typeof clusterSamples>): readonly string[] {
    const series = new Map<string, number>();
    for (const { family, labels, value } of samples) {
      const { cluster: _of, ...own } = labels;
      const of = [family.slice(7), ...Object.values(own)].join(' ');
      if (judging.test(family)) series.set(of, (series.get(of) ?? 0) + value);
    }
    return [...series].filter(([, value]) => value !== 0).map(([of, value]) => `metric ${of} ${value}`);
  }

  /** One line for each that begins, one for all that end, and one for the samples that are others now. */
  #compare(all: readonly string[]): void {
    const before = this.#before;
    const now = new Set(all);
    this.#before = now;
    const isSample = (line: string) => line.startsWith('metric ');
    const ended = [...before].filter((line) => !now.has(line));
    const begun = [...now].filter((line) => !before.has(line));
    const over = ended.filter((line) => !isSample(line) && !line.startsWith('status ')).map(nameIn);
    for (const line of begun) if (!isSample(line)) this.#write(`+ ${line}`);
    if (over.length > 0) this.#write(`- ${over.join(', ')}`);
    const series = new Map([...ended, ...begun].filter(isSample).map((line) => [seriesIn(line), '0']));
    for (const line of begun) if (isSample(line)) series.set(seriesIn(line), line.split(' ').at(-1) ?? '');
    if (series.size > 0) this.#write(`metrics ${[...series].map(([name, value]) => `${name}=${value}`).join(', ')}`);
  }

  #write(line: string): void {
    this.lines.push(`  ${this.#clock(this.scene.now)} ${line}`);
  }

  #clock(at: number): string {
    const seconds = Math.round((at - this.#origin) / 1000);
    const minutes = Math.floor(seconds / 60);
    return `${minutes}:${String(seconds - minutes * 60).padStart(2, '0')}`;
  }
}

function worded({ code, facts }: AnyReason): string {
  return likenessOf({ code, facts });
}

/** What ends, without its facts. */
function nameIn(line: string): string {
  const [, place, code, member = ''] = /^(\w+) \["(\w+)",\{(?:.*?"(x-k3s-m-\d))?/.exec(line) ?? [];
  if (code !== undefined) return `${place} ${[code, member].join(' ').trim()}`;
  return line.split(' by ')[0] ?? line;
}

function seriesIn(line: string): string {
  return line.split(' ').slice(1, -1).join(' ');
}

import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import type { AnyReason } from '@picket/shared/reasons/reason.ts';
import { type CoordinatorMemory, type Heard, hearing } from '../coordinator/heard.ts';
import type { ServiceState } from '../host/host.ts';
import type { Journal } from '../journal/journal.ts';
import { corrected } from '../model/clock-doubt.ts';
import type { Accepted, Ailing, CurrentState, Silence } from '../model/model.ts';
import type { Applied } from '../reconcile/apply/apply.ts';
import { type TrialWatch, trialSeeing } from '../reconcile/trial/trial.ts';
import { unobserved } from '../report/report-status.ts';
import { newsAfter, newsSeeing, noNews, type ServiceNews } from '../report/service-news.ts';
import { afterDiskTry, type DiskTries, diskTriesSeeing, noDiskTries } from './disk-tries.ts';
import { noPauses, type Pauses, pausesAfter, pausesSeeing } from './pauses.ts';

/** What the agent remembers between two reconciles; what must survive a restart is in the journal. */
interface AgentMemory extends CoordinatorMemory {
  /** Monotonic milliseconds at which this run of the agent began. */
  readonly began: number;
  /** The same moment in milliseconds since the epoch, as far as the time is known. */
  readonly startedAt: number;
  /** Why the clock was not trusted at the last observation. */
  readonly clockDoubt: AnyReason | null;
  readonly pauses: Pauses;
  /** An etcd that has a new conf.yml and has not proven itself with it yet (R6). */
  readonly trial: TrialWatch | null;
  readonly silence: Silence | null;
  readonly ailing: Ailing | null;
  readonly news: ServiceNews;
  /** Why the agent cannot record its acts now, for example on a full or read-only disk. */
  readonly unnoted: AnyReason | null;
  readonly diskTries: DiskTries;
  readonly status: NodeStatus | null;
  /** Monotonic milliseconds at the end of the observation that the status shows. */
  readonly observedAt: number;
}

/** Everything that changes the agent's memory. Moments are monotonic milliseconds. */
export type Observation =
  | Heard
  /** What disk, service and etcd show; `accepted` is what is in force, see `inForce`. */
  | { readonly kind: 'looked'; readonly current: CurrentState; readonly accepted: Accepted | null }
  /** The journal was written, or could not be; before and after the observation. */
  | { readonly kind: 'noted'; readonly problem: AnyReason | null; readonly was: Journal; readonly is: Journal }
  | { readonly kind: 'version-not-noted'; readonly problem: AnyReason }
  | {
      readonly kind: 'acted';
      readonly seen: CurrentState;
      readonly applied: Applied;
      readonly at: number;
      /** From 0 to 1. */
      readonly random: number;
    }
  | { readonly kind: 'disk-tried'; readonly at: number; readonly problem: AnyReason | null }
  | { readonly kind: 'status-made'; readonly status: NodeStatus; readonly at: number }
  /** The node could not be observed; `service` is what the init system still shows. */
  | { readonly kind: 'look-failed'; readonly service: ServiceState | null; readonly why: AnyReason };

/** The memory of an agent that has just started. */
export function freshMemory(begun: Pick<AgentMemory, 'accepted' | 'startedAt' | 'began' | 'unnoted'>): AgentMemory {
  return {
    ...begun,
    etag: null,
    refusal: null,
    coordinatorTime: null,
    evicted: false,
    clockDoubt: null,
    pauses: noPauses,
    trial: null,
    silence: null,
    ailing: null,
    news: noNews,
    diskTries: noDiskTries,
    status: null,
    observedAt: Number.NEGATIVE_INFINITY,
  };
}

/** The memory after this observation. Pure. */
export function remember(memory: AgentMemory, observation: Observation): AgentMemory {
  switch (observation.kind) {
    case 'accepted':
      return { ...hearing(memory, observation), pauses: noPauses };
    case 'unchanged':
    case 'refused':
    case 'not-kept':
    case 'evicted':
    case 'time':
      return hearing(memory, observation);
    case 'looked':
      return looked(memory, observation.current, observation.accepted);
    case 'noted':
      return noted({ ...memory, unnoted: observation.problem }, observation.was, observation.is);
    case 'version-not-noted':
      return { ...memory, unnoted: memory.unnoted ?? observation.problem };
    case 'acted': {
      const { seen, applied, at, random } = observation;
      const { pauses, news, diskTries } = memory;
      return {
        ...memory,
        pauses: pausesAfter(pauses, applied, at, random),
        news: newsAfter(news, seen, applied),
        diskTries: diskTriesSeeing(diskTries, seen),
      };
    }
    case 'disk-tried':
      return { ...memory, diskTries: afterDiskTry(memory.diskTries, observation.at), unnoted: observation.problem };
    case 'status-made':
      return { ...memory, status: observation.status, observedAt: observation.at };
    case 'look-failed': {
      const { status } = memory;
      return status === null ? memory : { ...memory, status: unobserved(status, observation.service, observation.why) };
    }
  }
}

function looked(memory: AgentMemory, current: CurrentState, accepted: Accepted | null): AgentMemory {
  const { clockDoubt, silence, ailing } = current;
  return {
    ...memory,
    clockDoubt,
    silence,
    ailing,
    startedAt: startOf(memory, current),
    pauses: pausesSeeing(memory.pauses, current),
    news: newsSeeing(memory.news, current),
    trial: trialSeeing(memory.trial, current, accepted),
  };
}

/** Corrects times that were noted by a wrong clock. */
function startOf({ startedAt, began, coordinatorTime }: AgentMemory, seen: CurrentState): number {
  const { now, monotonic, clockDoubt } = seen;
  const there = coordinatorTime === null ? null : coordinatorTime.at + (monotonic - coordinatorTime.monotonic);
  const right = clockDoubt === null ? now : there;
  return right === null ? startedAt : corrected(startedAt, right - (monotonic - began));
}

function noted(memory: AgentMemory, was: Journal, is: Journal): AgentMemory {
  const { trial, pauses } = memory;
  // The pause was for a configuration that could not run; the last good one can.
  const putBack = was.rejected === null && is.rejected !== null;
  return {
    ...memory,
    trial: trial?.confKey === is.lastGood?.confKey ? null : trial,
    pauses: putBack ? { ...pauses, start: noPauses.start } : pauses,
  };
}

export type MemoryHolder = Readonly<ReturnType<typeof keepMemory>>;

/** Holds the memory. Each loop reads it here, and changes it only by its own observations. */
export function keepMemory(initial: AgentMemory) {
  let memory = initial;
  return {
    get current() {
      return memory;
    },
    remember(observation: Observation) {
      memory = remember(memory, observation);
    },
  };
}

import type { AlarmCode } from '@picket/shared/problems/catalogue.ts';
import type { NextCommand } from '@picket/shared/protocol/clusters.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { NotifiedProblem } from '../model/notifications.ts';

/** Something that is wrong now, as `picket status` shows it. */
export interface Problem extends Omit<NotifiedProblem, 'since'> {
  readonly rule: AlarmCode;
  readonly why: Reason;
  /** null: `picket status` shows what to do. */
  readonly next: NextCommand | null;
}

/**
 * Whether a problem can be seen to be over. `clear`: it is, unless it is among the problems. `blind`: nobody can tell at
 * present, so it stays (R16). `gone`: the cluster or the node is no longer there.
 */
export type Sight = 'clear' | 'blind' | 'gone';
export type SightOf = (about: Pick<NotifiedProblem, 'key' | 'cluster' | 'name'>) => Sight;

/** All that is wrong at one moment. */
export interface Seen {
  readonly problems: readonly Problem[];
  readonly sightOf: SightOf;
  /** The clusters that could not be judged, and why. */
  readonly failures: readonly { readonly cluster: string; readonly error: unknown }[];
}

export function problemOf(given: Omit<Problem, 'key' | 'next'> & Partial<Pick<Problem, 'key' | 'next'>>): Problem {
  const { rule, cluster, name } = given;
  return { next: null, key: [cluster ?? '', rule, name ?? ''].join('/'), ...given };
}

/** The state of a cluster is one problem, whichever it is. */
export function stateKey(cluster: string): string {
  return `${cluster}/state/`;
}

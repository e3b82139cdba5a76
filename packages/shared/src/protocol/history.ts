import type { Static } from 'typebox';
import * as Type from 'typebox';
import { ClusterName, MemberName, strict, Timestamp } from './primitives.ts';
import { oneOf, orNull } from './unions.ts';

/** What the coordinator remembers of each member. */
export const HistoryMetric = oneOf('db-size', 'db-in-use', 'fsync-p99', 'elections', 'temperature', 'memory-available');
export type HistoryMetric = Static<typeof HistoryMetric>;

/** In the order in which they are shown. */
export const historyMetrics: readonly HistoryMetric[] = HistoryMetric.anyOf.map((one) => one.const);

export const HistoryUnit = oneOf('bytes', 'milliseconds', 'elections', 'celsius');
export type HistoryUnit = Static<typeof HistoryUnit>;

/** `GET /v1/clusters/:name/history`: of which metrics and which member, and from when on. */
export const HistoryQuery = Type.Object(
  {
    /** One metric, or several with commas between them; all of them if it is left out. */
    metric: Type.Optional(Type.String({ pattern: '^[a-z0-9-]{1,40}(,[a-z0-9-]{1,40}){0,19}$', maxLength: 820 })),
    member: Type.Optional(MemberName),
    /** A day ago if it is left out. */
    since: Type.Optional(Timestamp),
  },
  strict,
);
export type HistoryQuery = Static<typeof HistoryQuery>;

export const HistorySeries = Type.Object({
  metric: HistoryMetric,
  unit: HistoryUnit,
  /** Which value of its time a point has: the highest, the lowest, or the sum of all. */
  keeps: oneOf('highest', 'lowest', 'sum'),
  /** One value for each time in `at`; null: nothing was reported. */
  values: Type.Array(orNull(Type.Integer())),
});
export type HistorySeries = Static<typeof HistorySeries>;

export const MemberHistory = Type.Object({
  name: MemberName,
  /** When each point begins, in order. A time without a point is missing: the member did not report. */
  at: Type.Array(Timestamp),
  series: Type.Array(HistorySeries),
});
export type MemberHistory = Static<typeof MemberHistory>;

/** `GET /v1/clusters/:name/history` */
export const HistoryView = Type.Object({
  cluster: ClusterName,
  since: Timestamp,
  /** Now, by the coordinator's clock. */
  until: Timestamp,
  /** How long a point lasts. */
  stepSeconds: Type.Integer({ minimum: 1 }),
  members: Type.Array(MemberHistory),
});
export type HistoryView = Static<typeof HistoryView>;

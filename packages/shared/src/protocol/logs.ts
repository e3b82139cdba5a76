import type { Static } from 'typebox';
import * as Type from 'typebox';
import { Identifier, strict } from './primitives.ts';
import { ReportedReason } from './reason.ts';
import { oneOf, orNull } from './unions.ts';

/** The most lines that one request reads of a log. */
export const mostLogLines = 2000;
/** The most lines of a log together, in bytes of JSON. */
export const mostLogBytes = 512 * 1024;
/** The most characters of one line; a longer one is cut. */
export const longestLogLine = 4000;
/** How long the coordinator waits for the answer of a node, in seconds. */
export const longestLogWait = 30;

/** The log of the agent itself, or the log and the console of its etcd. */
export const LogName = oneOf('etcd', 'agent');
export type LogName = Static<typeof LogName>;

/** Where a reader has come to in a log. Only the agent that made it reads it. */
export const LogCursor = Type.String({ pattern: '^[A-Za-z0-9_-]{1,1000}$' });

/** In a poll: the agent takes orders to read a log. The coordinator of an older release ignores it. */
export const takesHeader = 'picket-takes';
/** The value of {@link takesHeader}. */
export const takesLogOrders = 'log-orders';
/** In the answer to a poll: a {@link LogOrder} as JSON. The agent of an older release would ignore it. */
export const logOrderHeader = 'picket-log-order';

const Lines = Type.Integer({ minimum: 1, maximum: mostLogLines });
const SinceSeconds = Type.Integer({ minimum: 1, maximum: 366 * 86_400 });

/** `POST /v1/nodes/:id/logs`. */
export const LogRequest = Type.Object(
  {
    log: LogName,
    /** The newest lines, at most this number. */
    lines: Type.Optional(Lines),
    /** No line that is older, by the clock of the node. */
    sinceSeconds: Type.Optional(SinceSeconds),
    /** What comes after this cursor, instead of the newest lines. */
    cursor: Type.Optional(LogCursor),
    /** The answer has a `follow`, with which `GET /v1/nodes/:id/logs/:follow` reads on. */
    follow: Type.Optional(Type.Literal(true)),
    /** How long to wait for the node. */
    waitSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: longestLogWait })),
  },
  strict,
);
export type LogRequest = Static<typeof LogRequest>;

const lineFields = {
  /** Oldest first, without what looks like a secret. */
  lines: Type.Array(Type.String({ maxLength: longestLogLine }), { maxItems: mostLogLines }),
  /** With it, the next request reads what comes after these lines. */
  cursor: orNull(LogCursor),
  /** Lines before these are left out that the request asked for: the limits allow no more, or the log was rotated. */
  cut: Type.Boolean(),
};

export const LogView = Type.Object({ ...lineFields, follow: orNull(Identifier) });
export type LogView = Static<typeof LogView>;

/** What one agent reads once. */
export const LogOrder = Type.Object({
  id: Identifier,
  log: LogName,
  lines: Lines,
  sinceSeconds: orNull(SinceSeconds),
  cursor: orNull(LogCursor),
});
export type LogOrder = Static<typeof LogOrder>;

/** `POST /v1/node/logs/:id`: the lines, or why the agent cannot read this log. */
export const LogAnswer = Type.Union([
  Type.Object(lineFields, strict),
  Type.Object({ problem: ReportedReason }, strict),
]);
export type LogAnswer = Static<typeof LogAnswer>;

/** The coordinator has the lines. */
export const LogTaken = Type.Object({});
export type LogTaken = Static<typeof LogTaken>;

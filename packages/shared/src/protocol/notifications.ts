import type { Static } from 'typebox';
import * as Type from 'typebox';
import { ClusterName, strict, Timestamp } from './primitives.ts';
import { Rendered } from './rendered.ts';
import { oneOf, orNull } from './unions.ts';

/** How many channels a coordinator has at most (R18). */
export const mostChannels = 16;

/** `warning`: look at it soon. `critical`: data or service is at stake now. */
export const Severity = oneOf('warning', 'critical');
export type Severity = Static<typeof Severity>;

export const ChannelKind = oneOf('webhook', 'ntfy', 'smtp', 'ping');
export type ChannelKind = Static<typeof ChannelKind>;

export const ChannelName = Type.String({ pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$', maxLength: 63 });

const Url = Type.String({ minLength: 1, maxLength: 2000 });
/** A secret goes into a header: no space, and no character that a header cannot have. */
const Secret = Type.String({ pattern: '^[\\x21-\\x7e]{1,1000}$' });
/** A bare address, without a name and without quotes: nothing in it can add a header. */
const MailAddress = Type.String({ pattern: '^[A-Za-z0-9._%+=-]{1,64}@[A-Za-z0-9.-]{1,190}$' });
/** CA certificates to trust instead of the public ones, as PEM. */
const Ca = Type.String({ minLength: 1, maxLength: 64 * 1024 });

/** Where notifications go, with secrets: only in a request, never in an answer (R11). */
export const ChannelSettings = Type.Union([
  Type.Object(
    {
      kind: Type.Literal('webhook'),
      url: Url,
      token: Type.Optional(Secret),
      signingKey: Type.Optional(Secret),
      ca: Type.Optional(Ca),
    },
    strict,
  ),
  Type.Object({ kind: Type.Literal('ntfy'), url: Url, token: Type.Optional(Secret), ca: Type.Optional(Ca) }, strict),
  Type.Object(
    {
      kind: Type.Literal('smtp'),
      url: Url,
      from: MailAddress,
      to: Type.Array(MailAddress, { minItems: 1, maxItems: 10 }),
      user: Type.Optional(Type.String({ minLength: 1, maxLength: 320 })),
      password: Type.Optional(Type.String({ minLength: 1, maxLength: 1000 })),
      ca: Type.Optional(Ca),
    },
    strict,
  ),
  Type.Object(
    {
      kind: Type.Literal('ping'),
      url: Url,
      everySeconds: Type.Integer({ minimum: 10, maximum: 86_400 }),
      ca: Type.Optional(Ca),
    },
    strict,
  ),
]);
export type ChannelSettings = Static<typeof ChannelSettings>;

/** `POST /v1/notifications`. */
export const ChannelCreate = Type.Object(
  {
    name: ChannelName,
    settings: ChannelSettings,
    /** Only problems of these clusters. Without it, those of all clusters and of the coordinator itself. */
    clusters: Type.Optional(Type.Array(ClusterName, { minItems: 1, maxItems: 100 })),
    /** The lowest severity that is sent; `warning` if left out. */
    severity: Type.Optional(Severity),
  },
  strict,
);
export type ChannelCreate = Static<typeof ChannelCreate>;

export const ChannelView = Type.Object({
  name: ChannelName,
  kind: ChannelKind,
  /** The receiver without path and secrets. */
  target: Type.String(),
  clusters: orNull(Type.Array(ClusterName)),
  severity: Severity,
  /** How often a ping is sent; null for other kinds. */
  everySeconds: orNull(Type.Integer()),
  createdAt: Timestamp,
  createdBy: Type.String(),
  /** When the receiver last took a message or a ping; a ping is remembered until the coordinator stops. */
  deliveredAt: orNull(Timestamp),
  /** How many problems the receiver knows of that have not been reported as over. */
  openProblems: Type.Integer(),
  /** What is to be sent and was not taken yet. */
  waiting: orNull(
    Type.Object({
      since: Timestamp,
      problems: Type.Integer(),
      recovered: Type.Integer(),
    }),
  ),
  /** Why the last attempt failed, and when the next one comes; null after a success. */
  failing: orNull(Type.Object({ attempts: Type.Integer(), reason: Rendered, nextAt: Timestamp })),
});
export type ChannelView = Static<typeof ChannelView>;

/** `POST /v1/notifications/:name/test`: the receiver has taken the message. */
export const TestSent = Type.Object({ name: ChannelName, target: Type.String() });
export type TestSent = Static<typeof TestSent>;

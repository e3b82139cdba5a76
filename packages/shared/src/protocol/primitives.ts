import type { Static } from 'typebox';
import * as Type from 'typebox';
import { oneOf } from './unions.ts';

/** The bits that several messages share. Requests are strict: a field that no schema names is refused. */
export const strict = { additionalProperties: false } as const;

/** The largest request body that the coordinator reads, in bytes. */
export const maximumBodyBytes = 256 * 1024;

export const ClusterName = Type.String({ pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$', maxLength: 63 });
export const MemberName = Type.String({ pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$', maxLength: 63 });
/** What a machine calls itself, as its system or its operator writes it: the coordinator finds the member or client that it means. */
export const HostName = Type.String({ pattern: '^[A-Za-z0-9._-]+$', maxLength: 254 });
/** As a member's, and so short that `client:` and the name make one common name, which etcd takes for its user. */
export const ClientName = Type.String({ pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$', maxLength: 57 });
/** Of a person or a program; it is the common name of the certificate. */
export const OperatorName = Type.String({ pattern: '^[a-zA-Z0-9._@-]{1,64}$' });
export const Domain = Type.String({
  pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$',
  maxLength: 190,
});
/** An IPv4 or IPv6 address as text; the API normalises and judges it further. */
export const IpAddress = Type.String({ pattern: '^[0-9a-fA-F:.]+$', minLength: 2, maxLength: 45 });
export const AbsolutePath = Type.String({ pattern: '^/[A-Za-z0-9._/@+-]*$', maxLength: 256 });
export const Identifier = Type.String({ pattern: '^[a-z0-9]{8,40}$' });
/** etcd prints its 64-bit ids as lower-case hex without leading zeros; so do we, everywhere. */
export const EtcdId = Type.String({ pattern: '^[0-9a-f]{1,16}$' });
/** A minor version of etcd, such as `3.5`. */
export const EtcdMinor = Type.String({ pattern: '^\\d+(\\.\\d+)+$', maxLength: 16 });
/** Proves that a coordinator with the same keys published a desired state. No two desired states share a seal (R5). */
export const Seal = Type.String({ pattern: '^[A-Za-z0-9_-]{64}$' });
/** How many generations back a desired state names seals. */
export const mostPriorSeals = 64;
/**
 * What nodes count. Each of them can be one more and still be exact: a count of 2^53 − 1, which no honest node comes to,
 * could not.
 */
export const Count = Type.Integer({ minimum: 0, maximum: 2 ** 48 });
export const Pem = Type.String({ minLength: 1, maxLength: 64 * 1024 });
/** Of the years that a date can have here. The last one stands in certificates that are never to end. */
const years = '(?:19|[2-9]\\d)\\d\\d';
const leapYears = '(?:(?:19|[2-9]\\d)(?:0[48]|[2468][048]|[13579][26])|(?:[2468][048]|[3579][26])00)';
const days =
  '(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))';
const time = '(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?';
/**
 * A moment in UTC within the years 1900 to 9999. The pattern allows only days that exist: code that reads a date of a node
 * throws for any other (R18).
 */
export const Timestamp = Type.String({ pattern: `^(?:${years}-${days}|${leapYears}-02-29)T${time}Z$` });
/** In characters. */
export const longestSentence = 2000;
/** A sentence for a person. */
export const Sentence = Type.String({ maxLength: longestSentence });

/** In the body of an order that cannot be undone. */
export const DryRun = Type.Optional(
  Type.Boolean({
    description:
      'Refuse as the order itself would, else answer as if it were carried out. Nothing is changed, except that the audit log records the request.',
  }),
);

export const San = Type.Object(
  {
    type: oneOf('dns', 'ip', 'uri'),
    value: Type.String({ minLength: 1, maxLength: 253 }),
  },
  strict,
);
export type San = Static<typeof San>;

export const KeyType = oneOf('p256', 'rsa2048');
export type KeyType = Static<typeof KeyType>;

/**
 * The certificates that a node holds for etcd; each is one file with its key. With `admin` a member's agent logs in to etcd
 * as the user with the root role, if etcd's authentication is on.
 */
export const LeafPurpose = oneOf('server', 'peer', 'client', 'admin');
export type LeafPurpose = Static<typeof LeafPurpose>;

export const Ports = Type.Object(
  {
    client: Type.Integer({ minimum: 1, maximum: 65535 }),
    peer: Type.Integer({ minimum: 1, maximum: 65535 }),
    metrics: Type.Integer({ minimum: 1, maximum: 65535 }),
  },
  strict,
);
export type Ports = Static<typeof Ports>;

/** Where this node keeps etcd's files: told once at join, so that the coordinator can render whole files. */
export const Layout = Type.Object({ etcDir: AbsolutePath, dataRoot: AbsolutePath, logFile: AbsolutePath }, strict);
export type Layout = Static<typeof Layout>;

import { durationSeconds, secondsOf } from '@picket/shared/duration.ts';
import { addressProblem, canonicalAddress, nameProblem, validClusterName, validDomain } from '@picket/shared/names.ts';
import { quote } from '@picket/shared/problems.ts';
import { fits } from '@picket/shared/protocol/check.ts';
import type { EtcdSource } from '@picket/shared/protocol/clusters.ts';
import type { Ports } from '@picket/shared/protocol/primitives.ts';
import { ReleaseVersion } from '@picket/shared/protocol/releases.ts';
import { UpgradeTarget } from '@picket/shared/protocol/upgrades.ts';
import { secretProblem } from '@picket/shared/secrets.ts';
import { readableOf, reads } from './reads.ts';
import { usageError } from './usage.ts';

/** Readers of single arguments. Each throws `usage_invalid`, which names the option, the value and what to write. */

const longestTtl = 30 * secondsOf.d;
const longestLeafHours = 10 * 365 * 24;

/** The lifetime of a token, in seconds: `1h`, `30m`, `2d`. */
export const ttlSeconds = secondsUpTo('--ttl', longestTtl, '30m, 1h or 2d', '1m to 30d');

/** How long a member is held, in seconds: `30m`, `2h`. */
export const holdSeconds = secondsUpTo('--for', secondsOf.d, '30m or 2h', '1m to 24h');

function secondsUpTo(option: string, most: number, examples: string, range: string): (text: string) => number {
  return (text) => {
    const seconds = durationSeconds(text);
    if (seconds === undefined) throw usageError(`${option} ${quote(text)} is not a duration; write it as ${examples}`);
    if (seconds < 60 || seconds > most) throw usageError(`${option} ${quote(text)} is outside of ${range}`);
    return seconds;
  };
}

/** Of a hold: it is stored, and each viewer reads it. */
export function holdReason(text: string): string {
  const problem = secretProblem(text);
  if (problem !== null) throw usageError(`--reason ${problem}`);
  return text;
}

/** Which etcd the members of a cluster run: `package`, or `release:VERSION`. */
export function etcdArgument(setting: string): (text: string) => EtcdSource {
  return (text) => {
    if (text === 'package') return { source: 'package' };
    const version = /^release:(.*)$/.exec(text)?.[1];
    if (version !== undefined) return { source: 'release', version: releaseVersion(setting)(version) };
    throw usageError(`${setting} ${quote(text)} must be package or release:VERSION, such as release:3.6.14`);
  };
}

/** The version of a release, such as `3.6.14`. */
export function releaseVersion(setting: string): (text: string) => string {
  return (text) => {
    if (fits(ReleaseVersion, text)) return text;
    throw usageError(`${setting} ${quote(text)} is not a version of etcd; write it as 3.6.14`);
  };
}

/** Where a downgrade goes. */
export function downgradeTarget(setting: string): (text: string) => string {
  const release = releaseVersion(setting);
  return (text) => {
    if (!fits(UpgradeTarget, text) || fits(ReleaseVersion, text)) return release(text);
    throw usageError(
      `${setting} ${quote(text)}: a downgrade goes to a release of the release store; name one, such as 3.5.33. ` +
        'Once it has ended, `picket cluster set CLUSTER etcd=package` gives the members the packages of the machines',
    );
  };
}

/** Where an upgrade goes: a release, or the packages of the machines. */
export function upgradeTarget(setting: string): (text: string) => string {
  return (text) => {
    if (fits(UpgradeTarget, text)) return text;
    throw usageError(`${setting} ${quote(text)} is not a version of etcd; write it as 3.6.14, or as package:3.6`);
  };
}

/** How far back a log is read, in seconds: `1h`, `2d`. */
export function sinceSeconds(text: string): number {
  const seconds = durationSeconds(text);
  if (seconds !== undefined && seconds >= 1 && seconds <= 366 * secondsOf.d) return seconds;
  throw usageError(`--since ${quote(text)} is not a duration up to 366d; write it as 30m, 1h or 2d`);
}

/** The lifetime of etcd's certificates, in hours: `87600h`, `8760`, `1y`. */
export function leafLifetimeHours(text: string): number {
  const seconds = durationSeconds(/^\d+$/.test(text) ? `${text}h` : text);
  if (seconds === undefined) {
    throw usageError(
      `--leaf-lifetime ${quote(text)} is not a duration; write it as 1y, 90d, 8760h or a number of hours`,
    );
  }
  const hours = seconds / 3600;
  if (!Number.isInteger(hours) || hours < 1 || hours > longestLeafHours) {
    throw usageError(`--leaf-lifetime ${quote(text)} must be whole hours from 1h to ${longestLeafHours}h (10y)`);
  }
  return hours;
}

/** The same reader for the name of something new, which no shell can offer. */
export function newName(read: (text: string) => string): (text: string) => string {
  return (text) => read(text);
}

/** A reader of whole numbers from `least` to `most`. */
export function wholeNumber(option: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw usageError(`${option} ${quote(text)} must be a whole number from ${least} to ${most}`);
  };
}

/** The option with the largest number of items of a list. */
export const limitOption = [
  '--limit <count>',
  'list at most this number (default: all)',
  wholeNumber('--limit', 1, 1_000_000),
] as const;

/** `client,peer,metrics`. */
export function portsArgument(text: string): Ports {
  const [client, peer, metrics, ...more] = text.split(',').map((part) => (/^\d{1,5}$/.test(part) ? Number(part) : 0));
  const ports = [client, peer, metrics];
  const valid = more.length === 0 && ports.every((port) => port !== undefined && port >= 1 && port <= 65_535);
  if (!valid || client === undefined || peer === undefined || metrics === undefined) {
    throw usageError(`--ports ${quote(text)} must be three ports: client,peer,metrics, for example 2379,2380,2381`);
  }
  if (new Set(ports).size < 3) throw usageError(`--ports ${quote(text)} names a port twice; the three must differ`);
  return { client, peer, metrics };
}

/** The name of a cluster. */
export const clusterArgument = reads({ names: ['cluster'] }, labelOf('cluster'));

/** The name of a member. */
export const memberArgument = reads({ names: ['member'] }, (text: string): string => {
  const problem = nameProblem(text);
  if (problem !== undefined) throw usageError(`--member: ${problem}`);
  return text;
});

/** The address of a new member, in canonical form. The coordinator checks a loopback address with the whole spec. */
export const memberAddress = addressArgument('--address', 'the address of a member');

/** The name of an operator. */
export const operatorArgument = reads({ names: ['operator'] }, (text: string): string => {
  if (/^[a-zA-Z0-9._@-]{1,64}$/.test(text)) return text;
  throw usageError(`the operator name ${quote(text)} must be 1 to 64 letters, digits, dots, hyphens, underscores or @`);
});

/** The name of a channel for notifications. */
export const channelArgument = reads({ names: ['channel'] }, labelOf('channel'));

function labelOf(what: string): (text: string) => string {
  return (text) => {
    if (validClusterName(text)) return text;
    throw usageError(
      `the ${what} name ${quote(text)} must be lower-case letters, digits and hyphens, at most 63, with a letter or digit at both ends`,
    );
  };
}

/** How often a ping is sent, in seconds. */
export function everySeconds(text: string): number {
  const seconds = durationSeconds(text);
  if (seconds !== undefined && seconds >= 10 && seconds <= secondsOf.d) return seconds;
  throw usageError(`--every ${quote(text)} is not a duration from 10s to 1d, such as 60s or 5m`);
}

/** The name of a client. Together with `client:` it must fit into a common name. */
export function clientArgument(text: string): string {
  const problem = nameProblem(text) ?? (text.length > 57 ? `${quote(text)} is longer than 57 characters` : undefined);
  if (problem !== undefined) throw usageError(`--name: ${problem}`);
  return text;
}

/** A reader of DNS names in lower case, without a final dot. */
export function domainArgument(option: string): (text: string) => string {
  return (text) => {
    if (validDomain(text) && text.length <= 190) return text;
    throw usageError(`${option} ${quote(text)} must be a DNS name in lower case, for example edge.example.net`);
  };
}

/** A reader of shared addresses, which it returns in canonical form. The coordinator checks loopback addresses with the whole spec. */
export const vipArgument = (option: string) => addressArgument(option, 'a VIP');

function addressArgument(option: string, what: string): (text: string) => string {
  return (text) => {
    const address = canonicalAddress(text);
    const problem = addressProblem(text, { allowLoopback: true })?.replace('the address of a member', what);
    if (address === undefined || problem !== undefined)
      throw usageError(`${option}: ${problem ?? 'not an IP address'}`);
    return address;
  };
}

/** The ID of a token. Refuses a whole join string without quoting it: its secret should not be an argument (R11). */
export const tokenIdArgument = reads({ names: ['token'] }, (text: string): string => {
  if (/^[a-z0-9]{8,40}$/.test(text)) return text;
  if (text.startsWith('pkt1.')) {
    throw usageError('give only the ID: the second part of the join string, between the first two dots');
  }
  throw usageError(`${quote(text)} is not the ID of a token; \`picket token list\` shows them`);
});

/** The ID of a snapshot. */
export const snapshotArgument = reads({ names: ['snapshot'] }, (text: string): string => {
  if (/^[a-z0-9]{8,40}$/.test(text)) return text;
  throw usageError(`${quote(text)} is not the ID of a snapshot; \`picket snapshot list\` shows them`);
});

/** A reader of the ID of a node, or of the name of a member or a client. */
export function nodeArgument(option = ''): (text: string) => string {
  return reads({ names: ['node'] }, (text) => {
    if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(text)) return text;
    throw usageError(`${option}${quote(text)} is neither the name of a member or client nor the ID of a node`);
  });
}

/** The argument that names one node. `nodeOf` finds it. */
export const nodeGiven = ['<node>', 'its ID, or the name of its member or client', nodeArgument()] as const;

/** A moment as a timestamp: a span before now (`12h`), or a date with or without a time, in UTC (`2026-11-26T22:00Z`). */
export function momentArgument(option: string, now: () => number): (text: string) => string {
  return (text) => {
    const seconds = durationSeconds(text);
    const [, day, time = '00:00', second = ':00'] =
      /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)(:\d\d(?:\.\d{1,3})?)?Z)?$/.exec(text) ?? [];
    const at = seconds === undefined ? Date.parse(`${day}T${time}${second}Z`) : now() - seconds * 1000;
    // Date.parse takes the 30th of February for a day in March.
    if (at >= 0 && (day === undefined || new Date(at).toISOString().startsWith(day))) return new Date(at).toISOString();
    throw usageError(`${option} ${quote(text)} is not a time; write it as 30m, 12h or 2d ago, or as 2026-11-26T22:00Z`);
  };
}

/** Makes of a reader one for an option that may be given several times. */
export function several(read: (text: string) => string): (text: string, before?: readonly string[]) => string[] {
  const readable = { ...readableOf(read), repeats: true } as const;
  return reads(readable, (text: string, before: readonly string[] = []) => [...before, read(text)]);
}

/** The SHA-256 or the name of a stored release. */
export const releaseArgument = reads({ names: ['release'] }, (text: string): string => {
  if (/^[A-Za-z0-9._+~-]{1,200}$/.test(text)) return text;
  throw usageError(`${quote(text)} is neither the SHA-256 of a release nor the name of its file`);
});

/** A SHA-256 in hexadecimal, in either case. */
export function sha256Argument(option: string): (text: string) => string {
  return (text) => {
    const hex = text.toLowerCase();
    if (/^[0-9a-f]{64}$/.test(hex)) return hex;
    throw usageError(`${option} ${quote(text)} is not a SHA-256: 64 digits 0 to 9 and a to f`);
  };
}

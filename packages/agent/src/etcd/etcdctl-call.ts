import { isNamedLikeServer } from '@picket/shared/etcd-config/certificate-names.ts';
import { EtcdError } from './etcd.ts';
import type { Etcdctl } from './etcdctl.ts';
import { idFrom, type JsonObject, listFrom, objectFrom, textFrom } from './gateway-json.ts';

/** Calls etcd with the paths and bodies of its JSON gateway, and answers as the gateway does. */
export interface EtcdCaller {
  /** See `gatewayConnection`. */
  call(path: string, body: JsonObject, deadlineMs: number, signal?: AbortSignal): Promise<JsonObject>;
}

export interface EtcdctlCaller extends EtcdCaller {
  /** The etcd users that are named as server certificates are: `etcd NAME`. */
  likeServers(): readonly string[];
}

interface Command {
  readonly args: readonly string[];
  /** The gateway's answer, of what etcdctl printed. Without it the gateway's answer is empty. */
  readonly read?: (printed: unknown) => JsonObject;
}

const unknown = 2;
const failedPrecondition = 9;
/** etcdctl has a timeout of its own and says why it failed. If it runs this much longer, the agent kills it. In milliseconds. */
const killAfterMs = 2000;
/** As long as this, a user that etcd has let in is not asked for again. */
const admittedForMs = 60_000;
/** etcd writes each request for the list of users into its log. */
const usersEveryMs = 3_600_000;
/** Need not exist. Only a user with the root role, or with leave for this key, may ask for it. */
const guardedKey = 'picket-agent/admitted';

/**
 * Calls etcd through etcdctl, which logs in with a certificate of its own, while etcd's authentication is on: the JSON gateway
 * has no identity to show. Each call starts a process, so there are only lists and changes here.
 */
export function etcdctlCaller(etcdctl: Etcdctl, clientUrl: string): EtcdctlCaller {
  let admittedAt = Number.NEGATIVE_INFINITY;
  let usersReadAt = Number.NEGATIVE_INFINITY;
  let likeServers: readonly string[] = [];

  async function run({ args, read }: Command, deadlineMs: number, signal?: AbortSignal): Promise<JsonObject> {
    // Only where it is read: etcdctl 3.5.16 promotes a member, and then panics instead of printing JSON about that.
    const asJson = read === undefined ? [] : ['--write-out=json'];
    const all = [...args, ...asJson, `--command-timeout=${deadlineMs}ms`];
    const printed = await etcdctl.run(clientUrl, all, { deadlineMs: deadlineMs + killAfterMs, signal });
    return read === undefined ? {} : read(parsed(printed));
  }

  /** etcd 3.5.16 tells its status to everybody. A read of the own member writes nothing and needs the root role. */
  async function requireAdmission(deadlineMs: number): Promise<void> {
    const now = etcdctl.clock.monotonic();
    if (now - admittedAt < admittedForMs) return;
    admittedAt = Number.NEGATIVE_INFINITY;
    await run({ args: ['get', guardedKey, '--consistency=s', '--keys-only'] }, deadlineMs);
    admittedAt = now;
    if (now - usersReadAt < usersEveryMs) return;
    const { users } = await run({ args: ['user', 'list'], read: objectFrom }, deadlineMs);
    likeServers = listFrom(users).map(textFrom).filter(isNamedLikeServer).slice(0, 10);
    usersReadAt = now;
  }

  return {
    likeServers: () => likeServers,
    async call(path, body, deadlineMs, signal) {
      if (path === 'maintenance/status') await requireAdmission(deadlineMs);
      if (path === 'maintenance/alarm' && body.action === 'DEACTIVATE')
        await requireOnly(textFrom(body.alarm), deadlineMs);
      return run(commandFor(path, body), deadlineMs, signal);
    },
  };

  /** etcdctl disarms every alarm that it finds, and CORRUPT must stay. */
  async function requireOnly(alarm: string, deadlineMs: number): Promise<void> {
    const { alarms } = await run(commandFor('maintenance/alarm', { action: 'GET' }), deadlineMs);
    const other = listFrom(alarms)
      .map(objectFrom)
      .find((raised) => raised.alarm !== alarm);
    if (other !== undefined)
      throw new EtcdError(
        failedPrecondition,
        `etcdctl would disarm the alarm ${textFrom(other.alarm)} of member ${idFrom(other.memberID)} as well`,
      );
  }
}

function commandFor(path: string, body: JsonObject): Command {
  const id = (of: unknown) => idFrom(of);
  switch (path) {
    case 'maintenance/status':
      return {
        args: ['endpoint', 'status'],
        read: (printed) => objectFrom(objectFrom(listFrom(printed)[0]).Status),
      };
    case 'cluster/member/list':
      return { args: ['member', 'list'], read: objectFrom };
    case 'cluster/member/add': {
      const urls = listFrom(body.peerURLs).map(textFrom).join(',');
      // The name is only for what etcdctl prints.
      return { args: ['member', 'add', 'learner', '--learner', `--peer-urls=${urls}`], read: objectFrom };
    }
    case 'cluster/member/promote':
      return { args: ['member', 'promote', id(body.ID)] };
    case 'cluster/member/remove':
      return { args: ['member', 'remove', id(body.ID)] };
    case 'maintenance/transfer-leadership':
      return { args: ['move-leader', id(body.targetID)] };
    case 'maintenance/defragment':
      return { args: ['defrag'] };
    case 'maintenance/alarm':
      return body.action === 'GET' ? { args: ['alarm', 'list'], read: alarmsOf } : { args: ['alarm', 'disarm'] };
    case 'maintenance/hashkv':
      return {
        args: ['endpoint', 'hashkv', ...(body.revision === undefined ? [] : [`--rev=${textFrom(body.revision)}`])],
        read: (printed) => objectFrom(objectFrom(listFrom(printed)[0]).HashKV),
      };
    case 'kv/compaction':
      return { args: ['compact', textFrom(body.revision), ...(body.physical === true ? ['--physical'] : [])] };
    // etcdctl 3.5 has no such command.
    case 'maintenance/downgrade': {
      const version = body.version === undefined ? [] : [textFrom(body.version)];
      return { args: ['downgrade', textFrom(body.action).toLowerCase(), ...version] };
    }
    case 'auth/disable':
      return { args: ['auth', 'disable'] };
    default:
      throw new EtcdError(unknown, `etcdctl has no command for ${path}`);
  }
}

/** etcdctl prints the numbers of the alarms, the gateway their names. */
function alarmsOf(printed: unknown): JsonObject {
  const names: Readonly<Record<string, string>> = { '1': 'NOSPACE', '2': 'CORRUPT' };
  const alarms = listFrom(objectFrom(printed).alarms).map((raised) => {
    const { memberID, alarm } = objectFrom(raised);
    return { memberID, alarm: names[textFrom(alarm)] ?? textFrom(alarm) };
  });
  return { alarms };
}

function parsed(printed: string): unknown {
  try {
    return JSON.parse(withNumbersAsText(printed));
  } catch (cause) {
    throw new EtcdError(unknown, 'etcdctl printed no JSON', { cause });
  }
}

/**
 * The same JSON with each number as a string, as the gateway writes those of 64 bits: `JSON.parse` rounds an ID above 2⁵³.
 * Strings stay as they are.
 */
export function withNumbersAsText(json: string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"?|-?\d[\d.eE+-]*/g, (token) => (token.startsWith('"') ? token : `"${token}"`));
}

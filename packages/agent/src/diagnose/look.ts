import { basename } from 'node:path';
import { isLoopback, isUnspecified } from '@picket/shared/names.ts';
import { type AnyReason, reason } from '@picket/shared/reasons/reason.ts';
import { readNoSpace } from '../etcd/gateway-call.ts';
import type { Host } from '../host/host.ts';
import type { Inspection } from '../host/inspection.ts';
import { consoleFileOf } from '../host/log-folder.ts';
import { etcdLogTail } from '../host/log-tail.ts';
import type { MachineReadings } from '../host/machine.ts';
import { readSmall } from '../host/read-part.ts';
import { clockDoubt } from '../model/clock-doubt.ts';
import { type Contents, filesNamed } from './judge-files.ts';
import { type AnyConf, hostOf, readAnyConf } from './read-any-conf.ts';
import { namesToResolve, refusingPeers, type Sights } from './scene.ts';

export interface LookDeps {
  readonly host: Host;
  readonly inspection: Inspection;
  readonly readings: MachineReadings;
  readonly buildTime: number;
  /** etcd's conf.yml. */
  readonly confPath: string;
  /** Where etcd logs, if its conf.yml names no file. */
  readonly logFile: string;
  /** A folder on the disk of the data, if conf.yml names none. */
  readonly dataFolder: string;
  /** The firmware of a Raspberry Pi says here whether it slows the processor down. */
  readonly throttled?: string;
}

/** etcd writes some lines a second while a peer is down. */
const mostLines = 400;
const firmware = '/sys/devices/platform/soc/soc:firmware/get_throttled';

/** Looks at this machine without its agent and without a coordinator. It changes nothing, and waits at most some seconds. */
export async function look(deps: LookDeps): Promise<Omit<Sights, 'joined'>> {
  const { host, inspection, readings, confPath, dataFolder } = deps;
  const text = await readSmall(confPath);
  const conf = typeof text === 'string' ? readAnyConf(text) : null;
  const logFile = conf?.logFile ?? deps.logFile;
  const [lines, running, disk, memory, celsius, contents, throttled, resolved] = await Promise.all([
    logLines(host, logFile),
    inspection.processes((argv) => basename(argv[0] ?? '') === 'etcd' && argv.some((one) => one.includes(confPath))),
    readings.disk(conf?.dataDir ?? dataFolder).then((found) => found ?? readings.disk(dataFolder)),
    readings.memory(),
    readings.temperature(),
    conf === null ? new Map<string, string | null>() : contentsOf(conf),
    throttling(deps.throttled ?? firmware),
    conf === null ? new Map<string, readonly string[]>() : resolvedNames(inspection, conf),
  ]);
  const isRunning = running.length > 0;
  const [reached, noSpace] = await Promise.all([
    reachedPeers(inspection, conf, lines),
    conf !== null && isRunning ? shownNoSpace(conf) : null,
  ]);
  const now = host.clock.now();
  const clock = { now, monotonic: host.clock.monotonic(), buildTime: deps.buildTime, floor: 0, coordinator: null };
  const doubt = clockDoubt(clock);
  return {
    ...{ now, conf, confPath, contents, lines, isRunning, noSpace, resolved, reached },
    machine: { disk, memory, temperatureCelsius: celsius, clockOffsetMs: null, walFsyncP99Ms: null },
    more: [
      ...(conf === null || isRunning ? [] : await blockedPlaces(host, conf)),
      ...[...resolved].flatMap(([name, found]) => (found.length > 0 ? [] : [reason('etcd_name_unknown', { name })])),
      ...(doubt === null ? [] : [doubt]),
      ...(noSpace === true ? [reason('etcd_no_space')] : []),
      ...throttled,
    ],
  };
}

/** Of files that this user may not read, nothing is said: only root can read keys. */
async function contentsOf(conf: AnyConf): Promise<Contents> {
  const contents = new Map<string, string | null>();
  for (const path of filesNamed(conf)) {
    const content = await readSmall(path);
    if (content !== undefined) contents.set(path, content);
  }
  return contents;
}

/** From the file that conf.yml names, and from where the service of Picket logs, such as systemd's journal. */
async function logLines(host: Host, logFile: string): Promise<readonly string[]> {
  const [own, ofService] = await Promise.all([
    etcdLogTail({ logFile, consoleFile: consoleFileOf(logFile) }, mostLines).catch((): readonly string[] => []),
    host.init.lastLog(mostLines).catch(() => []),
  ]);
  return [...ofService.filter((line) => !own.includes(line)), ...own];
}

/** Why etcd could not listen where its conf.yml says; asked only while it is down. */
async function blockedPlaces({ network }: Host, conf: AnyConf): Promise<readonly AnyReason[]> {
  const own = network.addresses();
  const found: AnyReason[] = [];
  for (const { key, url } of conf.listen) {
    const host = hostOf(url) === 'localhost' ? '127.0.0.1' : hostOf(url);
    const port = Number(URL.parse(url)?.port);
    if (host === null || !(port > 0) || /[a-z]/i.test(host.replace(/[a-f:]/gi, ''))) continue;
    if (!isLoopback(host) && !isUnspecified(host) && !own.includes(host)) {
      found.push(reason('etcd_address_missing', { address: `${host}:${port}` }));
      continue;
    }
    const answer = await network.portFree(host, port);
    if (!answer.free) found.push(reason('port_to_be_free', { purpose: key, port, host, by: answer.by }));
  }
  return found;
}

/** The addresses of the names of members; none for a name that cannot be resolved. */
async function resolvedNames(inspection: Inspection, conf: AnyConf): Promise<Sights['resolved']> {
  const names = namesToResolve(conf);
  const answers = await Promise.all(names.map((name) => inspection.resolve(name)));
  return new Map(
    names.map((name, index) => {
      const answer = answers[index];
      return [name, answer !== undefined && 'addresses' in answer ? answer.addresses : []];
    }),
  );
}

/** In milliseconds: etcd answers at once if an alarm is raised. */
const healthMs = 2000;

/** By the first URL of etcd that needs no certificate; null if there is none, or no answer. */
async function shownNoSpace({ listen }: AnyConf): Promise<boolean | null> {
  const open = listen.find(({ key, url }) => key !== 'listen-peer-urls' && url.startsWith('http://'));
  return open === undefined ? null : readNoSpace(open.url.replace(/\/$/, ''), healthMs);
}

/** Which of the peers that have refused connections take them now. Without a port in the log, theirs is the one of this member. */
async function reachedPeers(
  inspection: Inspection,
  conf: AnyConf | null,
  lines: readonly string[],
): Promise<Sights['reached']> {
  const usual = Number(URL.parse(conf?.advertisedToPeers[0] ?? '')?.port || 2380);
  const remotes = refusingPeers(lines);
  const answers = await Promise.all(
    remotes.map((remote) => {
      const url = URL.parse(remote);
      const host = hostOf(remote) ?? remote;
      return inspection.connects(host, Number(url?.port || usual));
    }),
  );
  return new Set(remotes.filter((_remote, index) => answers[index]));
}

/**
 * Bit 2 says that the processor is slowed down now, bit 18 that it was since the boot; bits 0 and 16 that the voltage is too low (the
 * documentation of `vcgencmd get_throttled`).
 */
async function throttling(path: string): Promise<readonly AnyReason[]> {
  const bits = Number.parseInt((await readSmall(path)) ?? '0', 16);
  const has = (bit: number) => ((bits >> bit) & 1) === 1;
  if (!has(2) && !has(18) && !has(0) && !has(16)) return [];
  return [reason('board_throttled', { isNow: has(2) || has(0), underVoltage: has(0) || has(16) })];
}

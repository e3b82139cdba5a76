import { join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { didYouMean } from '@picket/shared/etcd-config/did-you-mean.ts';
import { canonicalHostName, nameProblem, validDomain } from '@picket/shared/names.ts';
import { problemList, quote } from '@picket/shared/problems.ts';
import { isMap, isScalar, LineCounter, parseDocument, type YAMLMap } from 'yaml';
import { coordinatorUrl } from '../coordinator/url.ts';
import type { HostFiles, InitSystem } from '../host/host.ts';
import type { Paths } from '../model/model.ts';
import { unlessRefused } from '../program/unless-refused.ts';

type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** Which program runs etcd. */
export type Driver = Exclude<InitSystem['name'], 'none'>;
export type InitChoice = 'auto' | Driver;

/** agent.yml. If a key is null, the machine decides its default. */
export interface AgentConfig {
  /** `https://HOST:PORT`; null if `join` gets it from its options. */
  readonly coordinator: string | null;
  /** The member that this machine should become; null for its host name. */
  readonly name: string | null;
  readonly stateDir: string;
  readonly etcDir: string;
  readonly logFile: string;
  /** null for the first `etcd` on PATH. */
  readonly etcdBinary: string | null;
  readonly init: InitChoice;
  /** null: `etcd` if the agent is root, otherwise the user of the agent. */
  readonly etcdUser: string | null;
  /** null for the period that the coordinator asks for. */
  readonly reportSeconds: number | null;
  readonly logLevel: LogLevel;
}

export const defaultConfigPath = '/etc/picket/agent.yml';

export const defaultConfig: AgentConfig = {
  coordinator: null,
  name: null,
  stateDir: '/var/lib/picket',
  etcDir: '/etc/etcd',
  logFile: '/var/log/etcd/etcd.log',
  etcdBinary: null,
  init: 'auto',
  etcdUser: null,
  reportSeconds: null,
  logLevel: 'info',
};

/**
 * Reads agent.yml. Without `path` it reads the default file, which may be missing. Throws `agent_config_unreadable`,
 * `agent_config_invalid`, `path_not_readable`.
 */
export async function loadConfig(files: Pick<HostFiles, 'read'>, path?: string): Promise<AgentConfig> {
  const where = path ?? defaultConfigPath;
  const text = await files.read(where);
  if (text !== null) return parseConfig(text, where);
  if (path !== undefined) throw failure('agent_config_unreadable', { path });
  return defaultConfig;
}

/**
 * Strict: an unknown key, a wrong type or a doubled key is a problem. All problems are reported at once, each with its
 * line.
 */
export function parseConfig(text: string, path: string): AgentConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'silent', merge: false });
  const refuse = (problems: readonly string[]) =>
    failure('agent_config_invalid', { path, problems: problemList(problems) });
  const broken = [...document.errors, ...document.warnings];
  if (broken.length > 0) {
    throw refuse(broken.map(({ pos, message }) => `line ${lines.linePos(pos[0]).line}: ${message}`));
  }
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null))
    return defaultConfig;
  if (!isMap(document.contents)) throw refuse(['it is not a list of keys and values, such as logLevel: info']);

  const problems: string[] = [];
  const config: AgentConfig = { ...defaultConfig, ...readKeys(document.contents, lines, problems) };
  if (problems.length > 0) throw refuse(problems);
  return config;
}

/**
 * Where Picket keeps its files on this machine. etcd's data is below the agent's state, so that both are on one disk
 * (R4).
 */
export function pathsOf(config: AgentConfig): Paths {
  const { etcDir, stateDir, logFile } = config;
  const profile = ownsMachine(config) ? '/etc/profile.d/etcdctl.sh' : join(etcDir, 'etcdctl.sh');
  return { etcDir, stateDir, dataRoot: join(stateDir, 'etcd'), logFile, profile };
}

/**
 * True if the agent is set up for the whole machine, in the system's own folders. Otherwise it is one of several, as in
 * the demo, and ignores any other etcd on the machine.
 */
export function ownsMachine({ etcDir, stateDir }: AgentConfig): boolean {
  return etcDir === defaultConfig.etcDir || stateDir === defaultConfig.stateDir;
}

function readKeys(map: YAMLMap, lines: LineCounter, problems: string[]): Partial<AgentConfig> {
  const read: Record<string, unknown> = {};
  const known = Object.keys(configKeys);
  const lowerCase = known.map((word) => word.toLowerCase());
  for (const { key, value } of map.items) {
    const line = isScalar(key) && key.range ? lines.linePos(key.range[0]).line : 1;
    const name = isScalar(key) ? String(key.value) : '';
    if (!isConfigKey(name)) {
      const meant = known.find((word) => word.toLowerCase() === didYouMean(name, lowerCase));
      problems.push(
        `line ${line}: the key ${quote(name)} is unknown; ${meant === undefined ? 'remove it' : `did you mean ${meant}?`}`,
      );
      continue;
    }
    // An empty value asks for the default, as in the annotated sample.
    if (value === null || (isScalar(value) && value.value === null)) continue;
    const outcome = isScalar(value)
      ? configKeys[name](value.value)
      : { problem: 'must be a single value on the same line as its key' };
    if ('problem' in outcome) problems.push(`line ${line}: ${name} ${outcome.problem}`);
    else read[name] = outcome.value;
  }
  return read;
}

function isConfigKey(name: string): name is ConfigKey {
  return Object.hasOwn(configKeys, name);
}

type ConfigKey = keyof AgentConfig;

/** A value as read, or a clause that says what is wrong with it; the clause follows the name of the key. */
type ReadValue<Value> = { readonly value: Value } | { readonly problem: string };

/** Reads each key of agent.yml from a YAML value that is not null. */
export const configKeys: { readonly [Key in ConfigKey]: (value: unknown) => ReadValue<NonNullable<AgentConfig[Key]>> } =
  {
    coordinator: readCoordinator,
    name: readName,
    stateDir: absolutePath,
    etcDir: absolutePath,
    logFile: absolutePath,
    etcdBinary: absolutePath,
    init: oneOf('auto', 'process', 'openrc', 'systemd'),
    etcdUser: readUser,
    reportSeconds: wholeNumber(1, 3600),
    logLevel: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
  };

function readCoordinator(value: unknown): ReadValue<string> {
  if (typeof value !== 'string') return { problem: 'must be an address, as in https://coordinator.example:7443' };
  return unlessRefused(
    () => ({ value: coordinatorUrl(value) }),
    ({ details }) => ({ problem: `is not an address of a coordinator: ${details.problem}` }),
  );
}

function readName(value: unknown): ReadValue<string> {
  if (typeof value !== 'string') return { problem: 'must be the name of a member, in quotes if it is a number' };
  const name = canonicalHostName(value);
  const problem = validDomain(name) ? undefined : nameProblem(name);
  return problem === undefined ? { value } : { problem: `is not a name of a member: ${problem}` };
}

// The paths that the protocol allows: the coordinator writes them into conf.yml.
const pathShape = /^(?:\/[A-Za-z0-9._@+-]+)+$/;

function absolutePath(value: unknown): ReadValue<string> {
  if (typeof value !== 'string' || !value.startsWith('/'))
    return { problem: 'must be an absolute path, as in /var/lib/picket' };
  if (value.length > 200) return { problem: 'must be shorter than 200 characters' };
  if (!pathShape.test(value) || value.split('/').some((part) => part === '.' || part === '..')) {
    return { problem: `may hold letters, digits and . _ @ + - between single slashes, but is ${quote(value)}` };
  }
  return { value };
}

/**
 * The user names that adduser takes on Alpine (BusyBox) and adduser and useradd on Debian, without the `$` at the end that
 * only machine accounts of Samba have. A name of digits alone would pass for a user ID.
 */
const userShape = /^(?!\d+$)[A-Za-z0-9_][A-Za-z0-9_.@-]{0,31}$/;

function readUser(value: unknown): ReadValue<string> {
  return typeof value === 'string' && userShape.test(value) ? { value } : { problem: 'must be the name of a user' };
}

function wholeNumber(least: number, most: number): (value: unknown) => ReadValue<number> {
  return (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most
      ? { value }
      : { problem: `must be a whole number from ${least} to ${most}` };
}

function oneOf<Word extends string>(...words: readonly Word[]): (value: unknown) => ReadValue<Word> {
  return (value) => {
    const word = words.find((candidate) => candidate === value);
    return word === undefined ? { problem: `must be one of ${words.join(', ')}` } : { value: word };
  };
}

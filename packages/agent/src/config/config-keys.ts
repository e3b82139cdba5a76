import { canonicalHostName, nameProblem, validDomain } from '@picket/shared/names.ts';
import { quote } from '@picket/shared/problems.ts';
import { coordinatorUrl } from '../coordinator/url.ts';
import { unlessRefused } from '../program/unless-refused.ts';
import type { AgentConfig } from './agent-config.ts';

export type ConfigKey = keyof AgentConfig;

/** A value as read, or a clause that says what is wrong with it; the clause follows the name of the key. */
export type ReadValue<Value> = { readonly value: Value } | { readonly problem: string };

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
